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
  // First without echo, then the question: what is typed at once is not to be seen either.
  stdin.setRawMode(true);
  stdin.resume();
  stdin.setEncoding('utf8');
  stderr.write(question);
  return new Promise((resolve, reject) => {
    let typed = '';
    const stopped = (): void => reject(new Failure('cancelled', 'Stopped, as asked; nothing was saved.'));
    const hungUp = (): void => end(stopped);
    const end = (finish: () => void): void => {
      stdin.off('data', read);
      stdin.off('end', hungUp);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      finish();
    };
    const read = (chunk: string): void => {
      // An arrow key and its like are no part of a secret.
      if (chunk.startsWith('\u001b')) return;
      for (const letter of chunk) {
        if (letter === '\r' || letter === '\n') {
          end(() => resolve(typed.trim()));
          return;
        }
        // Ctrl-C and Ctrl-D.
        if (letter === '\u0003' || letter === '\u0004') {
          end(stopped);
          return;
        }
        if (letter === '\u007f' || letter === '\b') typed = typed.slice(0, -1);
        else typed += letter;
      }
    };
    stdin.on('data', read);
    stdin.on('end', hungUp);
  });
}
