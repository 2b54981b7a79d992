/** `npm run docs`: writes docs/errors.md. */
import { writeFileSync } from 'node:fs';
import { ERRORS_DOCUMENT, errorsDocument } from './document.ts';

writeFileSync(new URL(`../../${ERRORS_DOCUMENT}`, import.meta.url), errorsDocument());
