/** Which codes are shown. */
import {
  Button as AriaButton,
  Input,
  ListBox,
  ListBoxItem,
  Popover,
  SearchField,
  Select,
  SelectValue,
  ToggleButton,
  ToggleButtonGroup,
} from 'react-aria-components';
import field from '../../components/Field.module.css';
import { Icon } from '../../components/icons.tsx';
import { number } from '../../text/format.ts';
import css from './Descriptors.module.css';
import { typeInWords } from './words.ts';

export type Show = 'unpaired' | 'paired' | 'all';

const ALL = 'all';

export interface FiltersProps {
  readonly show: Show;
  readonly counts: { readonly paired: number; readonly unpaired: number } | undefined;
  readonly types: readonly string[];
  readonly type: string | undefined;
  readonly text: string;
  readonly onShow: (show: Show) => void;
  readonly onType: (type: string | undefined) => void;
  readonly onText: (text: string) => void;
}

export function Filters({ show, counts, types, type, text, onShow, onType, onText }: FiltersProps) {
  const shows = [
    { id: 'unpaired', label: 'Without a pair', count: counts?.unpaired },
    { id: 'paired', label: 'Paired', count: counts?.paired },
    { id: 'all', label: 'All', count: counts === undefined ? undefined : counts.paired + counts.unpaired },
  ] as const;
  const kinds = [{ id: ALL, name: 'All kinds' }, ...types.map((one) => ({ id: one, name: typeInWords(one) }))];
  return (
    <div className={css.filters}>
      <ToggleButtonGroup
        aria-label="Which codes"
        className={css.shows ?? ''}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[show]}
        onSelectionChange={([key]) => {
          const found = shows.find(({ id }) => id === key);
          if (found !== undefined) onShow(found.id);
        }}
      >
        {shows.map(({ id, label, count }) => (
          <ToggleButton key={id} id={id} className={css.show ?? ''}>
            {label}
            {count !== undefined && <span className={css.showCount}>{number(count)}</span>}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      <Select aria-label="Kind" value={type ?? ALL} onChange={(key) => onType(key === ALL ? undefined : String(key))}>
        <AriaButton className={`${field.input} ${field.select} ${css.kind}`}>
          <SelectValue />
          <Icon name="down" />
        </AriaButton>
        <Popover className={field.popover ?? ''}>
          <ListBox className={field.list ?? ''} items={kinds}>
            {({ id, name }) => (
              <ListBoxItem id={id} textValue={name} className={field.item ?? ''}>
                {name}
              </ListBoxItem>
            )}
          </ListBox>
        </Popover>
      </Select>
      <SearchField aria-label="Find a code or a value" className={css.find ?? ''} value={text} onChange={onText}>
        <Input
          className={field.input ?? ''}
          placeholder="Find a code or a value"
          maxLength={100}
          spellCheck={false}
          autoComplete="off"
        />
      </SearchField>
    </div>
  );
}
