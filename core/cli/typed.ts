/** What is typed when asked, since it is never an argument: every list of processes shows those. */
import { createInterface } from 'node:readline';

/** @returns the first line of standard input: typed after the question at a terminal, or piped; empty where there is none */
export function typedLine(question: string): Promise<string> {
  const { stdin, stderr } = process;
  if (stdin.isTTY) stderr.write(question);
  const reader = createInterface({ input: stdin });
  return new Promise((resolve) => {
    reader.once('line', (line) => {
      resolve(line.trim());
      reader.close();
    });
    reader.once('close', () => resolve(''));
  });
}
