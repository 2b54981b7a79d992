/** Form fields: a label, what it means in one sentence, and where it is wrong, one sentence that says what to do. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import {
  Button as AriaButton,
  Checkbox as AriaCheckbox,
  TextField as AriaTextField,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Radio,
  RadioGroup,
  Select,
  SelectValue,
  Text,
} from 'react-aria-components';
import { Button } from './Button.tsx';
import css from './Field.module.css';
import { Icon } from './icons.tsx';

interface Shared {
  readonly label: string;
  readonly hint?: ReactNode;
  /** One sentence; shown as soon as it is there. */
  readonly error?: string | undefined;
  readonly isDisabled?: boolean;
}

const Below = ({ hint, error }: Pick<Shared, 'hint' | 'error'>) => (
  <>
    {hint !== undefined && (
      <Text slot="description" className={css.hint ?? ''}>
        {hint}
      </Text>
    )}
    {error !== undefined && <FieldError className={css.error ?? ''}>{error}</FieldError>}
  </>
);

export interface TextFieldProps extends Shared {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly autoFocus?: boolean;
  readonly type?: 'text' | 'url' | 'search';
  readonly maxLength?: number;
  readonly isRequired?: boolean;
  /** A button at the field's end: `Choose…`. */
  readonly button?: ReactNode;
  readonly className?: string;
}

export function TextField({
  label,
  hint,
  error,
  value,
  onChange,
  placeholder,
  autoFocus = false,
  type = 'text',
  maxLength,
  isDisabled = false,
  isRequired = false,
  button,
  className = '',
}: TextFieldProps) {
  const input = (
    <Input
      className={css.input ?? ''}
      spellCheck={false}
      autoComplete="off"
      {...(placeholder === undefined ? {} : { placeholder })}
    />
  );
  return (
    <AriaTextField
      className={`${css.field} ${className}`}
      value={value}
      onChange={onChange}
      type={type}
      isInvalid={error !== undefined}
      isDisabled={isDisabled}
      isRequired={isRequired}
      autoFocus={autoFocus}
      validationBehavior="aria"
      {...(maxLength === undefined ? {} : { maxLength })}
    >
      <Label className={css.label ?? ''}>{label}</Label>
      {button === undefined ? (
        input
      ) : (
        <div className={css.withButton}>
          {input}
          {button}
        </div>
      )}
      <Below hint={hint} error={error} />
    </AriaTextField>
  );
}

/** A secret: hidden, can be shown while it is typed, and never filled in again from what is kept. */
export function SecretField({
  label,
  hint,
  error,
  value,
  onChange,
  isDisabled = false,
}: Shared & Pick<TextFieldProps, 'value' | 'onChange'>) {
  const [isShown, setShown] = useState(false);
  return (
    <AriaTextField
      className={css.field ?? ''}
      value={value}
      onChange={onChange}
      type={isShown ? 'text' : 'password'}
      isInvalid={error !== undefined}
      isDisabled={isDisabled}
      isRequired
      validationBehavior="aria"
    >
      <Label className={css.label ?? ''}>{label}</Label>
      <div className={css.withButton}>
        <Input className={css.input ?? ''} spellCheck={false} autoComplete="off" />
        <Button
          onPress={() => setShown(!isShown)}
          aria-label={isShown ? `Hide the ${label.toLowerCase()}` : `Show the ${label.toLowerCase()}`}
        >
          {isShown ? 'Hide' : 'Show'}
        </Button>
      </div>
      <Below hint={hint} error={error} />
    </AriaTextField>
  );
}

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly hint?: ReactNode;
}

export function SelectField<T extends string>({
  label,
  hint,
  error,
  value,
  onChange,
  options,
  placeholder = 'Choose …',
  isDisabled = false,
}: Shared & {
  readonly value: T | undefined;
  readonly onChange: (value: T) => void;
  readonly options: readonly Option<T>[];
  readonly placeholder?: string;
}) {
  return (
    <Select
      className={css.field ?? ''}
      value={value ?? null}
      onChange={(key) => onChange(key as T)}
      isInvalid={error !== undefined}
      isDisabled={isDisabled}
      placeholder={placeholder}
    >
      <Label className={css.label ?? ''}>{label}</Label>
      <AriaButton className={`${css.input} ${css.select}`}>
        <SelectValue />
        <Icon name="down" />
      </AriaButton>
      <Below hint={hint} error={error} />
      <Popover className={css.popover ?? ''}>
        <ListBox className={css.list ?? ''} items={options}>
          {(option) => (
            <ListBoxItem id={option.value} textValue={option.label} className={css.item ?? ''}>
              {option.label}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}

/** A choice of a few, each with what it means. */
export function RadioField<T extends string>({
  label,
  hint,
  error,
  value,
  onChange,
  options,
  isDisabled = false,
  isBoxed = true,
}: Shared & {
  readonly value: T | undefined;
  readonly onChange: (value: T) => void;
  readonly options: readonly Option<T>[];
  readonly isBoxed?: boolean;
}) {
  return (
    <RadioGroup
      className={css.field ?? ''}
      value={value ?? null}
      onChange={(chosen) => onChange(chosen as T)}
      isInvalid={error !== undefined}
      isDisabled={isDisabled}
    >
      <Label className={css.label ?? ''}>{label}</Label>
      <Below hint={hint} error={error} />
      <div className={css.options}>
        {options.map((option) => (
          <Radio key={option.value} value={option.value} className={`${css.choice} ${isBoxed ? css.boxed : ''}`}>
            <span className={`${css.mark} ${css.round}`} aria-hidden="true" />
            <span className={css.choiceText}>
              {option.label}
              {option.hint !== undefined && <span className={css.hint}> {option.hint}</span>}
            </span>
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}

export function CheckField({
  label,
  hint,
  isOn,
  onChange,
  isDisabled = false,
}: Omit<Shared, 'error'> & {
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}) {
  return (
    <AriaCheckbox className={css.choice ?? ''} isSelected={isOn} onChange={onChange} isDisabled={isDisabled}>
      <span className={css.mark} aria-hidden="true">
        <Icon name="check" />
      </span>
      <span className={css.choiceText}>
        {label}
        {hint !== undefined && <span className={css.hint}> {hint}</span>}
      </span>
    </AriaCheckbox>
  );
}
