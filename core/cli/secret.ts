/** Secrets come by prompt, by the environment or from a file; never as an argument, which every process list shows. */
import { Failure } from '../errors/failure.ts';

/** ROLLBOOK_SECRET, read once and taken out of the environment, so that no child process inherits it. */
export function secretFromEnvironment(): string | undefined {
  const secret = process.env.ROLLBOOK_SECRET;
  delete process.env.ROLLBOOK_SECRET;
  return secret === '' ? undefined : secret;
}

/**
 * Asks on the terminal, without showing what is typed.
 * @throws Failure `secret-missing` where there is no terminal, `cancelled` on Ctrl-C
 */
export function promptForSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    throw new Failure(
      'secret-missing',
      'The connection needs its secret: set ROLLBOOK_SECRET, or name a file with --secret-file.',
    );
  }
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (finish: () => void): void => {
      stdin.off('data', read);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      finish();
    };
    const read = (chunk: string): void => {
      for (const letter of chunk) {
        if (letter === '\r' || letter === '\n') {
          end(() => resolve(typed.trim()));
          return;
        }
        if (letter === '\u0003') {
          end(() => reject(new Failure('cancelled', 'Stopped, as asked; nothing was saved.')));
          return;
        }
        if (letter === '\u007f' || letter === '\b') typed = typed.slice(0, -1);
        else typed += letter;
      }
    };
    stdin.on('data', read);
  });
}
