/** Sending by hand. */
import type { SourceView } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { useLive } from '../../state/live.ts';

export interface SendNowProps {
  readonly connection: string;
  readonly source: SourceView;
  readonly isBusy: boolean;
  readonly onSend: () => void;
}

/** The first time leads to the preview: nobody sends a whole district without having seen what that is. */
export function SendNow({ connection, source, isBusy, onSend }: SendNowProps) {
  const runs = useLive(({ batch }) => batch !== undefined);
  const isFirst = source.lastSent === null;
  return (
    <>
      <LinkButton href={hrefOf('batches', connection)} look={isFirst ? 'primary' : 'secondary'}>
        See what would be sent
      </LinkButton>
      {!isFirst && (
        <Button look="primary" icon="batches" onPress={onSend} isBusy={isBusy} isDisabled={runs && !isBusy}>
          Send now
        </Button>
      )}
    </>
  );
}
