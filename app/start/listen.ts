import type { HttpServer } from '../http/server.js';
import { giveUp } from './give_up.js';

type Address = Readonly<{ host: string; port: number }>;

/** Answers the port; ends the process when it is taken. `setting`: the one that names the port. */
export async function listen(server: HttpServer, { host, port }: Address, setting: string): Promise<number> {
  try {
    return await server.listen(host, port);
  } catch (reason) {
    const { code } = reason as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      giveUp(`${host}:${port} is taken: perhaps Svodka runs already. Set ${setting} to another port.`);
    }
    return giveUp(`Svodka cannot listen on ${host}:${port}: ${code}.`);
  }
}
