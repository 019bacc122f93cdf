#!/usr/bin/env node
// usage: node verify.mjs FILE...
// Runs every case on this Node and reports what differs from the recording.
import { verify } from '../shared/verify.mjs';
import { execBuffer } from './buffer-exec.mjs';

await verify('buffers', execBuffer);
