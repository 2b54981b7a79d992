/** What became of a record so far. */
import type { FoundRecord } from '../../../core/contract/schemas.ts';
import { When } from '../../components/When.tsx';
import { plainly } from '../../text/names.ts';
import css from './Problems.module.css';

export function History({ history, confirmed }: Pick<FoundRecord, 'history' | 'confirmed'>) {
  return (
    <ol className={css.history}>
      {history.map(({ at, code, title, status }) => (
        <li key={`${at} ${code}`}>
          <When at={at} />
          <span>
            {plainly(title)}
            {status !== null && <span className={css.quiet}> ({status})</span>}
          </span>
        </li>
      ))}
      {confirmed === null ? (
        <li>
          <span className={css.quiet}>So far</span>
          <span>The API never confirmed it.</span>
        </li>
      ) : (
        <li>
          <When at={confirmed.at} />
          <span>
            The API confirmed it
            {confirmed.id !== null && (
              <>
                , as <code className={css.code}>{confirmed.id}</code>
              </>
            )}
            .
          </span>
        </li>
      )}
    </ol>
  );
}
