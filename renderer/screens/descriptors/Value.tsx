/** A value of the API: its name, and whose it is. */
import { Badge } from '../../components/Notice.tsx';
import css from './Descriptors.module.css';
import { CONFIDENCE, type Confidence, namespaceOf, valueName } from './words.ts';

export function Value({ uri, confidence }: { readonly uri: string; readonly confidence?: Confidence | undefined }) {
  return (
    <span className={css.value}>
      <span className={css.valueName}>{valueName(uri)}</span>
      <span className={css.namespace}>{namespaceOf(uri)}</span>
      {confidence !== undefined && <Sureness confidence={confidence} />}
    </span>
  );
}

export const Sureness = ({ confidence }: { readonly confidence: Confidence }) => {
  const { word, tone } = CONFIDENCE[confidence];
  return <Badge tone={tone}>{word}</Badge>;
};
