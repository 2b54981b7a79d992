/** What several ways to a connection ask for. */
import { useState } from 'react';
import type { ApiView } from '../../../core/contract/schemas.ts';
import { ask, asRefused, type Refused } from '../../client/client.ts';
import { Button } from '../../components/Button.tsx';
import { RadioField, SecretField, SelectField, TextField } from '../../components/Field.tsx';
import { Refusal } from '../../components/Notice.tsx';
import { plural } from '../../text/format.ts';
import css from './Connections.module.css';

export type Kind = 'identifier' | 'sourcedId' | 'userIds';

/** `userIds` with its type, as the contract wants it; undefined while it is not whole. */
export function studentIdOf(kind: Kind | undefined, type: string): string | undefined {
  if (kind === 'userIds') return type.trim() === '' ? undefined : `userIds:${type.trim()}`;
  return kind;
}

export interface KeyValues {
  readonly key: string;
  readonly secret: string;
}

export function KeyFields({
  values,
  onChange,
  isDisabled = false,
}: {
  readonly values: KeyValues;
  readonly onChange: (values: KeyValues) => void;
  readonly isDisabled?: boolean;
}) {
  return (
    <>
      <TextField
        label="Key"
        hint="From the API’s host; some call it the client ID."
        value={values.key}
        onChange={(key) => onChange({ ...values, key: key.trim() })}
        isDisabled={isDisabled}
        isRequired
      />
      <SecretField
        label="Secret"
        hint="It is kept in this computer’s keychain, where it has one, and never shown again."
        value={values.secret}
        onChange={(secret) => onChange({ ...values, secret: secret.trim() })}
        isDisabled={isDisabled}
      />
    </>
  );
}

/** What the addresses of the API leave open: school year, tenant. */
export function RouteFields({
  open,
  values,
  onChange,
}: {
  readonly open: ApiView['open'];
  readonly values: Readonly<Record<string, string>>;
  readonly onChange: (values: Readonly<Record<string, string>>) => void;
}) {
  return open.map(({ name, question, choices }) =>
    choices.length === 0 ? (
      <TextField
        key={name}
        label={question}
        value={values[name] ?? ''}
        onChange={(value) => onChange({ ...values, [name]: value })}
      />
    ) : (
      <SelectField
        key={name}
        label={question}
        value={values[name]}
        onChange={(value) => onChange({ ...values, [name]: value })}
        options={choices.map((value) => ({ value, label: value }))}
      />
    ),
  );
}

export function StudentIdField({
  kind,
  onKind,
  type,
  onType,
}: {
  readonly kind: Kind | undefined;
  readonly onKind: (kind: Kind) => void;
  readonly type: string;
  readonly onType: (type: string) => void;
}) {
  return (
    <>
      <RadioField<Kind>
        label="Which identifier of your export is a student’s unique ID at the state?"
        hint="It has to be the one the state knows the student by. With the wrong one, every student is sent as a new person; it cannot be changed later."
        value={kind}
        onChange={onKind}
        options={[
          {
            value: 'identifier',
            label: 'identifier',
            hint: '– the column “identifier” of users: most often the state’s or the district’s student number',
          },
          { value: 'sourcedId', label: 'sourcedId', hint: '– the SIS’s own number for the record' },
          { value: 'userIds', label: 'one of userIds', hint: '– an identifier with a type, like {stateId:…}' },
        ]}
      />
      {kind === 'userIds' && (
        <TextField
          label="Its type"
          hint="As the export has it before the colon: stateId."
          value={type}
          onChange={onType}
          isRequired
        />
      )}
    </>
  );
}

/** Certificates of the district's own authority, PEM. */
export function CertificateField({
  ca,
  onChange,
}: {
  readonly ca: readonly string[];
  readonly onChange: (ca: readonly string[]) => void;
}) {
  const [error, setError] = useState<Refused>();
  const choose = async (): Promise<void> => {
    setError(undefined);
    try {
      const file = await ask('files.openText', { purpose: 'certificate' });
      if (file !== null) onChange([...ca, file.text]);
    } catch (thrown) {
      setError(asRefused(thrown));
    }
  };
  return (
    <div className={css.found}>
      <div className={css.buttons}>
        <Button look="quiet" icon="plus" onPress={() => void choose()}>
          Trust a certificate of your own network
        </Button>
        {ca.length > 0 && (
          <Button look="quiet" onPress={() => onChange([])}>
            Take {plural(ca.length, 'certificate')} away
          </Button>
        )}
      </div>
      <Refusal error={error} />
    </div>
  );
}
