import type { ErrorKind } from './error_kind.js';

/** Errors of the subjects. */
export const ROOM_ERRORS = {
  MALFORMED_CSV: {
    status: 400,
    rpcCode: -32602,
    title: 'The body is not CSV',
    russian: 'Это не CSV',
  },
  MALFORMED_WORKBOOK: {
    status: 400,
    rpcCode: -32602,
    title: 'The file is not a workbook',
    russian: 'Файл — не книга Excel',
  },
  WRONG_TABLE: {
    status: 400,
    rpcCode: -32602,
    title: 'The file has no column of the table',
    russian: 'В файле нет столбцов этой таблицы',
  },
  INVALID_IDEMPOTENCY_KEY: {
    status: 400,
    rpcCode: -32602,
    title: 'The Idempotency-Key is not valid',
    russian: 'Негодный ключ идемпотентности',
  },
  DIGEST_MISMATCH: {
    status: 400,
    rpcCode: -32602,
    title: 'The digest of the body is another one',
    russian: 'Контрольная сумма не сходится',
  },
  MALFORMED_RECORD: {
    status: 400,
    rpcCode: -32700,
    title: 'The record is neither JSON nor in the binary form',
    russian: 'Запись не разобрать ни как JSON, ни как двоичную',
  },
  LOGIN_REFUSED: {
    status: 400,
    rpcCode: -32602,
    title: 'The name or the password is wrong',
    russian: 'Имя или пароль неверны',
  },
  IMPORT_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such import',
    russian: 'Такой выгрузки нет',
    lua: {
      IMPORT_NOT_FOUND: 'No import has this id.',
    },
  },
  CITIZEN_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such citizen in this import',
    russian: 'В этой выгрузке нет такого жителя',
    lua: {
      CITIZEN_NOT_FOUND: 'No citizen has this id in this import.',
    },
  },
  TASK_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such task',
    russian: 'Такой задачи нет',
    lua: {
      JOB_NOT_FOUND: 'No task has this id.',
    },
  },
  CAMERA_TYPE_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such camera type',
    russian: 'Такого типа камер нет',
    lua: {
      CAMERA_TYPE_NOT_FOUND: 'No camera type has this name.',
    },
  },
  CAMERA_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such camera',
    russian: 'Такой камеры нет',
    lua: {
      CAMERA_NOT_FOUND: 'No camera has this id.',
    },
  },
  CASE_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such case',
    russian: 'Такого дела нет',
    lua: {
      CASE_NOT_FOUND: 'No case has this id.',
    },
  },
  TABLE_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such table',
    russian: 'Такой таблицы нет',
  },
  NO_CASE_LEFT: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no case for this specialist',
    russian: 'Подходящих дел нет',
    lua: {
      NO_CASE_LEFT: 'There is no open case of your skill that you have not had.',
    },
  },
  OWNER_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such car owner',
    russian: 'Владельца с таким номером нет',
    lua: {
      OWNER_NOT_FOUND: 'No car owner has this number.',
    },
  },
  RESULT_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'The task has no result',
    russian: 'У задачи нет результата',
  },
  ALARM_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such alarm',
    russian: 'Такой тревоги нет',
    lua: {
      ALARM_NOT_FOUND: 'No alarm has this id.',
    },
  },
  FILE_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such file',
    russian: 'Такого файла нет',
  },
  USER_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such user',
    russian: 'Такого пользователя нет',
    lua: {
      USER_NOT_FOUND: 'No user has this name, or it is disabled.',
    },
  },
  TOKEN_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such token',
    russian: 'Такого токена нет',
    lua: {
      TOKEN_NOT_FOUND: 'You have no token with this id.',
    },
  },
  WORKFLOW_NOT_FOUND: {
    status: 404,
    rpcCode: -32004,
    title: 'There is no such project, workflow or task',
    russian: 'Такого проекта, алгоритма или задания нет',
  },
  IDEMPOTENCY_KEY_IN_USE: {
    status: 409,
    rpcCode: -32009,
    title: 'A request with this Idempotency-Key is still running',
    russian: 'Такой же запрос ещё выполняется',
    lua: {
      KEY_IN_USE: 'A request with this Idempotency-Key is still running. Nothing was stored by this one.',
    },
  },
  CHECK_UNDER_WAY: {
    status: 409,
    rpcCode: -32009,
    title: 'A check is in progress',
    russian: 'Проверка уже идёт',
    lua: {
      RECOUNT_RUNNING: 'Another import is being checked, and only one check runs at a time: please try again.',
    },
  },
  WRONG_STATE: {
    status: 409,
    rpcCode: -32009,
    title: 'The state of the task forbids this',
    russian: 'В этом состоянии задачи это невозможно',
    lua: {
      JOB_ENDED: 'The task has ended already.',
      JOB_OPEN: 'The task has not ended yet.',
      JOB_KEY_IN_USE: 'Another open task of the user has the same key.',
      LEASE_LOST: 'The lease of the task has expired. Nothing was stored.',
    },
  },
  WORKFLOW_STATE: {
    status: 409,
    rpcCode: -32009,
    title: 'The state of the workflow forbids this',
    russian: 'В этом состоянии алгоритма это невозможно',
    lua: {
      WORKFLOW_RUNNING: 'The workflow is running already.',
      WORKFLOW_NOT_RUNNING: 'The workflow is not running.',
      TASK_NOT_RUNNING: 'The task is not running. Nothing was changed.',
    },
  },
  FILE_IN_THE_WAY: {
    status: 409,
    rpcCode: -32009,
    title: 'Something else has this name',
    russian: 'Это имя уже занято папкой, файлом или ссылкой',
  },
  UPLOAD_OUT_OF_STEP: {
    status: 409,
    rpcCode: -32009,
    title: 'The upload cannot go on at this byte',
    russian: 'С этого места загрузку продолжить нельзя',
  },
  NO_CASE_HELD: {
    status: 409,
    rpcCode: -32009,
    title: 'The specialist has no case',
    russian: 'Дело не взято, или время на него истекло',
    lua: {
      NO_CASE_HELD: 'You have no case, or had it for too long. Nothing was stored.',
    },
  },
  CAMERA_TYPE_IN_USE: {
    status: 409,
    rpcCode: -32009,
    title: 'Cameras have this type',
    russian: 'Этот тип есть у камер',
    lua: {
      CAMERA_TYPE_IN_USE: 'Cameras have this type. Nothing was changed.',
    },
  },
  CAMERA_HAS_CASES: {
    status: 409,
    rpcCode: -32009,
    title: 'The camera has cases',
    russian: 'У камеры есть дела',
    lua: {
      CAMERA_HAS_CASES: 'The camera has cases, so that it and its type stay; it can be disabled. Nothing was changed.',
    },
  },
  LAST_ADMIN: {
    status: 409,
    rpcCode: -32009,
    title: 'The last administrator cannot be removed',
    russian: 'Последнего администратора нельзя убрать',
    lua: {
      LAST_ADMIN: 'This is the last enabled administrator. Nothing was changed.',
    },
  },
  TOO_MANY_TOKENS: {
    status: 409,
    rpcCode: -32009,
    title: 'The user has too many tokens',
    russian: 'Слишком много токенов',
    lua: {
      TOO_MANY_TOKENS: 'You have the maximum number of named tokens. Nothing was stored.',
    },
  },
  PASSWORD_CHANGED: {
    status: 409,
    rpcCode: -32009,
    title: 'The password was changed in the meantime',
    russian: 'Пароль тем временем изменили',
    lua: {
      PASSWORD_CHANGED: 'The password was changed in the meantime. Nothing was changed.',
    },
  },
  RANGE_NOT_SATISFIABLE: {
    status: 416,
    rpcCode: -32603,
    title: 'The file has no byte of this range',
    russian: 'В файле нет таких байтов',
  },
  RECORD_REFUSED: {
    status: 422,
    rpcCode: -32603,
    title: 'No case can be made of this record',
    russian: 'Из этой записи нельзя сделать дело',
  },
  UNSUPPORTED_FILE: {
    status: 415,
    rpcCode: -32602,
    title: 'Files of this kind are not read',
    russian: 'Файлы такого вида не читаются',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    rpcCode: -32603,
    title: 'This Idempotency-Key was used for a different request',
    russian: 'Под этим ключом уже был другой запрос',
  },
  TOO_MANY_TASKS: {
    status: 429,
    rpcCode: -32029,
    title: 'The user has too many open tasks',
    russian: 'Слишком много незавершённых задач',
    lua: {
      TOO_MANY_JOBS: 'The user has the maximum number of open tasks. Nothing was stored.',
    },
  },
  TOO_MANY_TRIES: {
    status: 429,
    rpcCode: -32029,
    title: 'Too many attempts',
    russian: 'Слишком много попыток',
  },
  IMPORT_KEEPS_CHANGING: {
    status: 503,
    rpcCode: -32003,
    title: 'The import changed while it was being read',
    russian: 'Выгрузка менялась, пока её читали',
    lua: {
      IMPORT_CHANGED: 'The import changed while it was being read; please try again.',
    },
  },
  WORKFLOW_KEEPS_CHANGING: {
    status: 503,
    rpcCode: -32003,
    title: 'The workflow changed while it was being read',
    russian: 'Алгоритм менялся, пока его читали',
    lua: {
      WORKFLOW_CHANGED: 'The workflow changed while it was being read; please try again.',
    },
  },
  VERSION_NOT_REACHED: {
    status: 503,
    rpcCode: -32003,
    title: 'The import has not reached this version',
    russian: 'Нужная версия данных ещё не наступила',
  },
  STATISTICS_OVERLOADED: {
    status: 503,
    rpcCode: -32003,
    title: 'Too many statistics are waiting to be computed',
    russian: 'Слишком много статистик ждут вычисления',
  },
  TOO_MANY_IMPORTS: {
    status: 503,
    rpcCode: -32003,
    title: 'Too many imports are in progress',
    russian: 'В работе слишком много выгрузок',
  },
  FILES_UNAVAILABLE: {
    status: 503,
    rpcCode: -32003,
    title: 'The folder of the files cannot be used',
    russian: 'Папка файлов недоступна',
  },
  FILES_DISK_FULL: {
    status: 507,
    rpcCode: -32003,
    title: 'The disk of the files is full',
    russian: 'На диске файлов нет места',
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;
