// An amount of money as people read it: cents where there are some, and what a single request costs as well.
//
// Beside every room, because budgets name amounts in their messages and reports in their rows. No locale, as
// everywhere: output is compared and parsed.

/** 1234.5 as "$1,234.50", 0.0834 as "$0.083", 0 as "$0.00". */
export function dollarText(amount: number): string {
  if (amount > 0 && amount < 0.0995) {
    const digits = 1 - Math.floor(Math.log10(amount))
    return `$${amount.toFixed(Math.min(12, digits))}`
  }
  const [whole = "0", cents = "00"] = amount.toFixed(2).split(".")
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`
}
