import { Injectable } from '@nestjs/common';
import type { BlsKey } from '@odf/bls';
import {
  domainOf,
  keyRoot,
  signingRoot,
  signingRootOf,
  type Container,
  type Hex,
  type Signed,
  type SignedMessageName,
  type SigningContext,
} from '@odf/protocol';

/** The relay's key and the domain that its signatures and those of its clients are bound to. */
@Injectable()
export class RelaySigner {
  readonly pubkey: Hex;
  readonly context: SigningContext;

  constructor(
    private readonly key: BlsKey,
    network: { chainId: bigint; settlement: Hex },
  ) {
    this.pubkey = key.pubkey;
    this.context = { ...network, relayRoot: keyRoot(key.pubkey) };
  }

  /** Signs a message under this relay's domain. */
  sign<M>(container: Container<M>, message: M): Signed<M> {
    return { message, signature: this.key.sign(this.signingRoot(container, message)) };
  }

  /** What a client signs of a message to this relay. */
  signingRoot<M>(container: Container<M>, message: M): Hex {
    return signingRoot(container, message, this.context);
  }

  /** The same of a message whose root is known already. */
  signingRootOf(name: SignedMessageName, root: Hex): Hex {
    return signingRootOf(root, domainOf(name, this.context));
  }
}
