// Generated from libs/settlement/contracts by `npm run contracts`.

/** ABI of MockStrategy. */
export const mockStrategyAbi = [
  {"inputs":[{"internalType":"address","name":"token","type":"address"}],"stateMutability":"nonpayable","type":"constructor"},
  {"inputs":[{"internalType":"uint256","name":"shares","type":"uint256"}],"name":"sharesToUnderlyingView","outputs":[{"internalType":"uint256","name":"","type":"uint256"}],"stateMutability":"pure","type":"function"},
  {"inputs":[],"name":"underlyingToken","outputs":[{"internalType":"address","name":"","type":"address"}],"stateMutability":"view","type":"function"},
] as const;

/** Creation code of MockStrategy, without constructor arguments. */
export const mockStrategyBytecode =
  '0x60a0604052348015600e575f5ffd5b50604051610130380380610130833981016040819052602b91603b565b6001600160a01b03166080526066565b5f60208284031215604a575f5ffd5b81516001600160a01b0381168114605f575f5ffd5b9392505050565b60805160b561007b5f395f6038015260b55ff3fe6080604052348015600e575f5ffd5b50600436106030575f3560e01c80632495a5991460345780637a8b2637146077575b5f5ffd5b605a7f000000000000000000000000000000000000000000000000000000000000000081565b6040516001600160a01b0390911681526020015b60405180910390f35b608560823660046092565b90565b604051908152602001606e565b5f6020828403121560a1575f5ffd5b503591905056fea164736f6c6343000825000a' as const;
