// Bytes from text and text from bytes, for tests that read better as text.

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export const text = (given: Uint8Array): string => new TextDecoder().decode(given)
