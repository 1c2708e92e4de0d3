import { readFileSync } from 'node:fs';
import { defineConfig } from 'vite';

// Lit's licence asks to stand in what is built of it.
const licence = readFileSync('node_modules/lit/LICENSE', 'utf8');

// One classic script, so that a page needs no more than <script src> and the tag.
export default defineConfig({
  build: {
    target: ['chrome100', 'edge100', 'firefox100', 'safari15.4'],
    lib: { entry: 'src/index.ts', formats: ['iife'], name: 'Ouderwijzer', fileName: () => 'ouderwijzer.js' },
    rolldownOptions: { output: { postBanner: `/*! Ouderwijzer, MIT License. Contains Lit:\n\n${licence}*/` } },
    reportCompressedSize: false,
  },
});
