/** The few icons there are: 20 by 20, drawn in the text's colour, never the only sign of anything. */
const paths = {
  overview: 'M3 3h6v8H3zM11 3h6v4h-6zM11 9h6v8h-6zM3 13h6v4H3z',
  connections: 'M7 13l6-6M8.5 5.5l1-1a3.5 3.5 0 015 5l-1 1M11.5 14.5l-1 1a3.5 3.5 0 01-5-5l1-1',
  sources: 'M2.5 5.5a1 1 0 011-1h4l1.5 2h7.5a1 1 0 011 1v7a1 1 0 01-1 1h-13a1 1 0 01-1-1z',
  descriptors: 'M3 6h6M3 10h6M3 14h6M12 6l2 2-2 2M14 8h-3M12.500 12l2 2-2 2M14 14h-3',
  batches: 'M10 17V4M5.500 8.500L10 4l4.500 4.500M4 17h12',
  problems: 'M10 3l7.500 13.500h-15zM10 8v4M10 14.200v.3',
  find: 'M8.500 14a5.500 5.500 0 100-11 5.500 5.500 0 000 11zM12.700 12.700L17 17',
  support: 'M4 4h12v9h-6l-4 3.500V13H4z',
  settings: 'M4 6h8M15 6h1M4 14h1M8 14h8M13.500 4.500v3M6.500 12.500v3',
  check: 'M4.500 10.500l3.500 3.500 7.500-8',
  warning: 'M10 17a7 7 0 100-14 7 7 0 000 14zM10 6.500v4M10 13.300v.2',
  bang: 'M10 5v6M10 14.300v.2',
  cross: 'M5.500 5.500l9 9M14.500 5.500l-9 9',
  wait: 'M10 17a7 7 0 100-14 7 7 0 000 14zM10 6.500V10l2.500 1.500',
  minus: 'M5 10h10',
  info: 'M10 17a7 7 0 100-14 7 7 0 000 14zM10 9.500v4M10 6.700v.2',
  right: 'M8 5l5 5-5 5',
  down: 'M5 8l5 5 5-5',
  left: 'M12 5l-5 5 5 5',
  plus: 'M10 4v12M4 10h12',
  folder: 'M2.500 5.500a1 1 0 011-1h4l1.500 2h7.500a1 1 0 011 1v7a1 1 0 01-1 1h-13a1 1 0 01-1-1z',
  file: 'M5 3h7l3.500 3.500V17H5zM12 3v4h3.500',
  refresh: 'M16 10a6 6 0 11-1.800-4.300M16 3v3.500h-3.500',
  key: 'M12.500 11a3.500 3.500 0 10-3.300-2.300L4 14v2.500h2.500V15H8v-1.500l1.800-1.800c.8.200 1.700.300 2.700-.7z',
  external: 'M8 5H4.500v10.500H15V12M11 4.500h4.500V9M15 5l-6 6',
  practice: 'M3 8l7-3.500L17 8l-7 3.500zM6 10v4c2.500 1.700 5.500 1.700 8 0v-4',
  copy: 'M7 7h9v9H7zM4 13V4h9',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
