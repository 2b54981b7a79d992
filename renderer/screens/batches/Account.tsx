/** The account of a batch: a sum in which every record is exactly once. */
import type { AccountView } from '../../../core/contract/schemas.ts';
import { TextTip } from '../../components/Tip.tsx';
import { number } from '../../text/format.ts';
import css from './Batches.module.css';
import { READ_MEANING, TERMS } from './words.ts';

export function Account({ account }: { readonly account: AccountView }) {
  return (
    <dl className={css.account} aria-label="Account">
      <div className={css.sum}>
        <dt>
          <TextTip text={READ_MEANING}>read</TextTip>
        </dt>
        <dd>{number(account.read)}</dd>
      </div>
      {TERMS.map(({ of, meaning, tone }, i) => (
        <div key={of} className={account[of] === 0 ? css.none : tone === undefined ? undefined : css[tone]}>
          <dt>
            <TextTip text={meaning}>{of}</TextTip>
          </dt>
          <dd>
            <span className={css.sign}>{i === 0 ? '=' : '+'}</span>
            {number(account[of])}
          </dd>
        </div>
      ))}
    </dl>
  );
}
