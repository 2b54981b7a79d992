import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/tokens.css';
import './styles/base.css';
import { App } from './app/App.tsx';
import { go, hrefOf } from './app/routes.ts';
import { startListeningToBatches } from './state/batch.ts';
import { startListening } from './state/live.ts';

startListening((place) => go(hrefOf(place)));
startListeningToBatches();
const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
