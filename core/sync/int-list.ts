/** A list of whole numbers (32 bit) that grows: millions of them without an object each. */
export interface IntList {
  readonly length: number;
  push(value: number): number;
  get(index: number): number;
  set(index: number, value: number): void;
}

export function createIntList(): IntList {
  let items = new Int32Array(1024);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value) {
      if (length === items.length) {
        const larger = new Int32Array(items.length * 2);
        larger.set(items);
        items = larger;
      }
      items[length] = value;
      length += 1;
      return length - 1;
    },
    get: (index) => items[index] as number,
    set(index, value) {
      items[index] = value;
    },
  };
}
