import type { ErrorKind } from './error_kind.js';

/** Errors of HTTP, of bodies, of rights and of the database: any route can answer with them. */
export const GROUND_ERRORS = {
  INVALID_INPUT: {
    status: 400,
    rpcCode: -32602,
    title: 'The input breaks a rule',
    russian: 'Данные нарушают правила',
    lua: {
      TUPLE_TOO_LARGE: 'A citizen has more relatives than a record can hold. Nothing was stored.',
    },
  },
  MALFORMED_JSON: {
    status: 400,
    rpcCode: -32700,
    title: 'The body is not JSON',
    russian: 'Это не JSON',
  },
  MALFORMED_FORM: {
    status: 400,
    rpcCode: -32602,
    title: 'The body is not a form',
    russian: 'Это не форма',
  },
  INVALID_UTF8: {
    status: 400,
    rpcCode: -32700,
    title: 'The input is not UTF-8',
    russian: 'Это не UTF-8',
  },
  EMPTY_BODY: {
    status: 400,
    rpcCode: -32700,
    title: 'The body is empty',
    russian: 'Файл пуст',
  },
  MALFORMED_ENCODING: {
    status: 400,
    rpcCode: -32602,
    title: 'The body does not match its Content-Encoding',
    russian: 'Файл сжат не так, как сказано в имени',
  },
  BODY_CUT_OFF: {
    status: 400,
    rpcCode: -32602,
    title: 'The body ended early',
    russian: 'Файл пришёл не целиком',
  },
  BAD_REQUEST: {
    status: 400,
    rpcCode: -32602,
    title: 'The request is not valid HTTP',
    russian: 'Запрос нарушает HTTP',
  },
  UNAUTHORIZED: {
    status: 401,
    rpcCode: -32001,
    title: 'A valid token is needed',
    russian: 'Нужен действующий токен',
  },
  FORBIDDEN: {
    status: 403,
    rpcCode: -32001,
    title: 'The token does not grant this right',
    russian: 'У вас нет права на это',
  },
  NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is nothing at this path',
    russian: 'По этому адресу ничего нет',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    rpcCode: -32603,
    title: 'This path does not support this method',
    russian: 'С этим адресом так нельзя',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    rpcCode: -32603,
    title: 'The request arrived too slowly',
    russian: 'Запрос шёл слишком медленно',
  },
  PRECONDITION_FAILED: {
    status: 412,
    rpcCode: -32603,
    title: 'The stored data are not in the state that the request expects',
    russian: 'Данные успели измениться',
    lua: {
      PRECONDITION_FAILED:
        'No ETag in If-Match is the current one of the import or of the citizen. Nothing was changed.',
    },
  },
  BODY_TOO_LARGE: {
    status: 413,
    rpcCode: -32603,
    title: 'The body is over the limit',
    russian: 'Файл больше допустимого',
  },
  COMPRESSED_TOO_FAR: {
    status: 413,
    rpcCode: -32603,
    title: 'The compression ratio of the body is over the limit',
    russian: 'Файл сжат слишком сильно',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    rpcCode: -32603,
    title: 'This path does not accept this content type',
    russian: 'Такой формат не принимается',
  },
  UNSUPPORTED_CONTENT_ENCODING: {
    status: 415,
    rpcCode: -32603,
    title: 'This path does not accept this content encoding',
    russian: 'Такое сжатие не принимается',
  },
  MISDIRECTED_REQUEST: {
    status: 421,
    rpcCode: -32603,
    title: 'The service does not answer to this host name',
    russian: 'Сервис не отзывается на это имя',
  },
  TOO_MANY_STREAMS_HERE: {
    status: 429,
    rpcCode: -32029,
    title: 'Too many event streams on this connection',
    russian: 'Слишком много потоков событий в этом соединении',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    rpcCode: -32603,
    title: 'The request headers are over the limit',
    russian: 'Слишком длинные заголовки',
  },
  INTERNAL: {
    status: 500,
    rpcCode: -32603,
    title: 'Internal error of the service',
    russian: 'Ошибка сервиса',
  },
  METHOD_NOT_IMPLEMENTED: {
    status: 501,
    rpcCode: -32603,
    title: 'The service does not implement this method',
    russian: 'Сервис не знает такого метода',
  },
  DATABASE_AWAY: {
    status: 503,
    rpcCode: -32003,
    title: 'The database is unavailable',
    russian: 'База данных недоступна',
    lua: {
      IMPORT_NOT_STAGED: 'The import was interrupted. Nothing was stored.',
      KEY_NOT_CLAIMED: 'The import was interrupted. Nothing was stored.',
      PHOTO_NOT_STAGED: 'The photo was interrupted. Nothing was stored.',
      READ_ONLY: 'The database is read-only now; another one is taking over. Nothing was stored.',
      SHARD_AWAY:
        'The database with this import cannot be reached now, or the import is being moved. Nothing was stored.',
    },
  },
  DATABASE_OVERLOADED: {
    status: 503,
    rpcCode: -32003,
    title: 'The database is overloaded',
    russian: 'База данных перегружена',
  },
  DATABASE_WRITE_FAILED: {
    status: 503,
    rpcCode: -32003,
    title: 'The database could not write to its log',
    russian: 'База данных не смогла записать журнал',
    lua: {
      WAL_FAILED: 'The database cannot write to its log. Nothing was stored.',
    },
  },
  OUTCOME_UNKNOWN: {
    status: 503,
    rpcCode: -32003,
    title: 'The outcome of the change is unknown',
    russian: 'Неизвестно, сделано ли изменение',
  },
  TOO_MANY_STREAMS: {
    status: 503,
    rpcCode: -32003,
    title: 'Too many event streams are open',
    russian: 'За выгрузками следит слишком много клиентов',
  },
  SERVICE_BUSY: {
    status: 503,
    rpcCode: -32003,
    title: 'The service is overloaded',
    russian: 'Служба перегружена',
  },
  DISK_FULL: {
    status: 507,
    rpcCode: -32003,
    title: 'The disk of the database is full',
    russian: 'На диске базы данных нет места',
    lua: {
      DISK_FULL: 'The disk of the database is full. Nothing was stored.',
    },
  },
  OUT_OF_MEMORY: {
    status: 507,
    rpcCode: -32003,
    title: 'The database is out of memory',
    russian: 'В базе данных кончилась память',
    lua: {
      OUT_OF_MEMORY: 'The database is out of memory. Nothing was stored.',
    },
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;
