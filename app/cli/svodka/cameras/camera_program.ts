import { type Command, InvalidArgumentError } from 'commander';
import { urlOption } from '../../service_url.js';
import type { CameraCommand } from './camera_commands.js';

const HELP = `
The token of a manager, or to send a case that of the camera, comes from SVODKA_TOKEN, or from admin-token in the data
folder (SVODKA_DATA_DIR, ./data) when the service runs on this machine.

Examples:
  svodka camera register --type camerus1 --latitude 55.7 --longitude 37.6
  svodka camera token 104fc08a-efb6-427f-9193-2d54e4d3e127
  svodka camera send --record record.json --photo photo.jpg

Exit codes: 0 good, 1 refused, 2 wrong usage, 3 the service is away, 130 stopped by Ctrl-C.
`;

type Given = { url: URL; json?: true };
type GivenCamera = Given & { type: string; latitude: number; longitude: number; description?: string };

function parseDegrees(text: string): number {
  if (/^-?\d{1,3}(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number of degrees.');
}

/** Adds `svodka camera ...` to the program. */
export function addCameraCommands(program: Command, run: (url: URL, command: CameraCommand) => Promise<void>): void {
  const camera = program.command('camera').description('Cameras and the cases that they send.');
  camera.addHelpText('after', HELP);
  camera
    .command('register')
    .description('Register a camera and show its id.')
    .requiredOption('--type <type>', 'the camera type')
    .requiredOption('--latitude <degrees>', 'from -90 to 90', parseDegrees)
    .requiredOption('--longitude <degrees>', 'from -180 to 180', parseDegrees)
    .option('--description <text>', 'up to 100 characters')
    .option('--json', 'show the id as a line of JSON')
    .addOption(urlOption())
    .action(({ url, type, latitude, longitude, description, json }: GivenCamera) =>
      run(url, { name: 'register', type, latitude, longitude, description, asJson: json === true }),
    );
  camera
    .command('list')
    .description('Show all cameras.')
    .option('--type <type>', 'only cameras of this type')
    .option('--json', 'show each camera as a line of JSON')
    .addOption(urlOption())
    .action(({ url, type, json }: Given & { type?: string }) =>
      run(url, { name: 'list', type, asJson: json === true }),
    );
  camera
    .command('token <id>')
    .description('Make a token for a camera and show it, this once. The one before ends.')
    .option('--json', 'show it as a line of JSON')
    .addOption(urlOption())
    .action((id: string, { url, json }: Given) => run(url, { name: 'token', id, asJson: json === true }));
  camera
    .command('send')
    .description('Send a case: a record, as JSON or in the binary form, and its photo.')
    .requiredOption('--record <file>', 'the record; it is sent as it is')
    .requiredOption('--photo <file>', 'a PNG, a JPEG or a WebP')
    .option('--json', 'show the answer as a line of JSON')
    .addOption(urlOption())
    .action(({ url, record, photo, json }: Given & { record: string; photo: string }) =>
      run(url, { name: 'send', record, photo, asJson: json === true }),
    );
}
