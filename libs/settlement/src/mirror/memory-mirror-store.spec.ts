import { MemoryMirrorStore } from './memory-mirror-store.js';
import { describeMirrorStore } from './mirror-store.contract.js';

describeMirrorStore('MemoryMirrorStore', async () => new MemoryMirrorStore());
