import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // The desktop application serves the screens from app://rollbook/, the loopback host from a folder of a random name.
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    // What Electron 45 embeds, and browsers of the same age.
    target: 'chrome140',
    // The policy allows neither inline scripts nor data: addresses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    sourcemap: false,
    chunkSizeWarningLimit: 2000,
  },
  css: { modules: { generateScopedName: '[name]__[local]__[hash:base64:4]' } },
});
