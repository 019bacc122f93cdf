#!/usr/bin/env node
// usage: node verify.mjs FILE...
// Runs every program on this Node and reports what differs from the recording.
import { verify } from '../shared/verify.mjs';
import { execStream } from './stream-exec.mjs';

await verify('streams', execStream);
