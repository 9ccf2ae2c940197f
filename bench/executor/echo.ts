// What the workers of the peers do: give back what they get.
export default function echo(n: number): number {
  return n
}
