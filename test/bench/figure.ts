export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** What it is held against, in the same unit, from the same run. */
  readonly limit: number;
  /** value ÷ limit. */
  readonly ratio: number;
  /** In words, for whoever reads it. */
  readonly aim: string;
}
