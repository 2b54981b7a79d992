/** Causes one below the other. Any number of them: only those in sight are in the page. */
import { GridList, GridListItem, GridListLoadMoreItem, ListLayout, Virtualizer } from 'react-aria-components';
import type { ProblemGroupView } from '../../../core/contract/schemas.ts';
import type { Pages } from '../../client/query.ts';
import { Icon } from '../../components/icons.tsx';
import { Badge } from '../../components/Notice.tsx';
import { When } from '../../components/When.tsx';
import { number } from '../../text/format.ts';
import { plainly } from '../../text/names.ts';
import css from './Problems.module.css';
import { blockedBy, blocks, headline, placeOf, STATES, whoCan } from './words.ts';

export interface CauseListProps {
  readonly label: string;
  readonly pages: Pages<ProblemGroupView>;
  /** With its reference. */
  readonly onOpen: (group: string) => void;
}

const LAYOUT = { estimatedRowSize: 150, gap: 12, loaderSize: 40 } as const;

export function CauseList({ label, pages, onOpen }: CauseListProps) {
  return (
    <Virtualizer layout={ListLayout} layoutOptions={LAYOUT}>
      <GridList
        aria-label={label}
        className={css.causes ?? ''}
        onAction={(key) => onOpen(String(key))}
        selectionMode="none"
      >
        {pages.rows.map((group) => (
          <GridListItem key={group.group} id={group.group} textValue={headline(group)} className={css.cause ?? ''}>
            <Row group={group} />
          </GridListItem>
        ))}
        {pages.hasMore && (
          <GridListLoadMoreItem onLoadMore={pages.more} isLoading className={css.more ?? ''}>
            Reading more …
          </GridListLoadMoreItem>
        )}
      </GridList>
    </Virtualizer>
  );
}

export function StateBadge({ state }: Pick<ProblemGroupView, 'state'>) {
  const { word, tone, icon } = STATES[state];
  return (
    <Badge tone={tone} {...(icon === undefined ? {} : { icon })}>
      {word}
    </Badge>
  );
}

function Row({ group }: { readonly group: ProblemGroupView }) {
  const { state, what, fix, who, firstSeen, lastSeen } = group;
  const isOver = state === 'resolved';
  const place = placeOf(group);
  return (
    <div className={css.row}>
      <p className={css.weight}>
        <strong>{isOver ? '–' : number(blockedBy(group))}</strong>
        <span>{isOver ? 'released' : blockedBy(group) === 1 ? 'record' : 'records'}</span>
      </p>
      <div className={css.about}>
        <p className={css.headline}>
          <strong>{headline(group)}</strong>
          <StateBadge state={state} />
        </p>
        <p>
          {blocks(group)}. <span className={css.quiet}>{plainly(what)}</span>
        </p>
        {!isOver && (
          <p>
            <strong className={css.who}>{whoCan(who)}:</strong> {plainly(fix)}
          </p>
        )}
        <p className={css.meta}>
          First seen <When at={firstSeen} isPlain />, last <When at={lastSeen} isPlain />
          {place !== undefined && ` · first at ${place}`}
        </p>
      </div>
      <span className={css.goOn}>
        <Icon name="right" />
      </span>
    </div>
  );
}
