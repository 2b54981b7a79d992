/** The descriptor map of a connection: what the SIS calls things, and what the API calls them. */
import type { ScreenProps } from '../../app/screens.tsx';
import { ForConnection } from '../../components/ForConnection.tsx';
import { Codes } from './Codes.tsx';
import { Copy } from './Copy.tsx';

export function Descriptors({ path }: ScreenProps) {
  return (
    <ForConnection
      place="descriptors"
      path={path}
      title="Descriptor map"
      question="Whose descriptor map do you want to see?"
    >
      {(connection) =>
        path[1] === 'copy' ? (
          <Copy key={connection} connection={connection} />
        ) : (
          <Codes key={connection} connection={connection} />
        )
      }
    </ForConnection>
  );
}
