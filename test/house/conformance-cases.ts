// The conformance cases by number: how asyncio behaves, as far as it was written down case by case.
//
// A test that holds a case begins its name with the id: `it("TASK-33: …")`, `it("QUEUE-11, QUEUE-17: …")`. A case
// that is otherwise here stands in the table of docs/from-asyncio.md. Numbers have gaps. Core cases hold for every
// library of this kind, edge cases are corners. scripts/conformance.mjs reads the lines below as text.

export interface CaseArea {
  readonly area: string
  readonly title: string
  readonly core: string
  readonly edge: string
  /** Cases whose room is not there yet. */
  readonly planned: string
}

/** Areas in the order of the table; numbers with a blank between. */
export const conformanceCases: readonly CaseArea[] = [
  {
    area: "TASK",
    title: "tasks",
    core: "02 03 04 05 07 08 09 13 14 19 20 22 23 25 26 27 29 30 31 32 33 34 35 38 39 40 44 48 49 50 51 52 53 56 57 58 68 69",
    edge: "10 11 12 17 18 21 36 37 41 42 43 47 54 59 60 61 62 64 65",
    planned: "",
  },
  {
    area: "FUT",
    title: "futures",
    core: "01 02 03 04 05 08 09 10 12 14 15 16 18",
    edge: "06 11 17 21 22",
    planned: "",
  },
  {
    area: "GATHER",
    title: "gather",
    core: "02 04 05 06 07 09 12 16",
    edge: "15 17 18 19",
    planned: "",
  },
  {
    area: "WAIT",
    title: "wait",
    core: "01 02 04 06 11 12",
    edge: "05 08 10",
    planned: "",
  },
  {
    area: "ASCOMP",
    title: "asCompleted",
    core: "01 02 03 04",
    edge: "06 07 08",
    planned: "",
  },
  {
    area: "SHIELD",
    title: "shield",
    core: "01 02 03 05",
    edge: "06 07 08",
    planned: "",
  },
  {
    area: "WAITFOR",
    title: "waitFor",
    core: "01 02 03 04 05 07 08 11 13 14 15 16",
    edge: "17",
    planned: "",
  },
  {
    area: "TIMEOUT",
    title: "timeout",
    core: "01 02 03 04 05 08 09 10 12 15 16 18 19 21 22 25",
    edge: "06 07 23 24 27",
    planned: "",
  },
  {
    area: "TG",
    title: "task groups",
    core: "01 02 05 06 10 12 13 16 19 24 25 26 27 28 29 34 35 37 38 40 44 45",
    edge: "08 09 17 18 20 22 23 30 31 32 36 39 43 46",
    planned: "",
  },
  {
    area: "LOCK",
    title: "Lock",
    core: "02 06 07 09",
    edge: "04 11 12 13",
    planned: "",
  },
  {
    area: "EVENT",
    title: "Event",
    core: "02 03 05",
    edge: "04",
    planned: "",
  },
  {
    area: "COND",
    title: "Condition",
    core: "02 03 04 05 06 08",
    edge: "10 11",
    planned: "",
  },
  {
    area: "SEM",
    title: "Semaphore",
    core: "02 03 04 05",
    edge: "10",
    planned: "",
  },
  {
    area: "BARRIER",
    title: "Barrier",
    core: "01 02 03 04 07 08",
    edge: "05 12 13",
    planned: "",
  },
  {
    area: "QUEUE",
    title: "queues",
    core: "01 03 04 05 06 07 08 09 11 12 13 16 17 21 24 25 26 27 29 30 31",
    edge: "02 10 23 32 33",
    planned: "",
  },
  {
    area: "RUN",
    title: "run and Runner",
    core: "01 02 03 04 05 08 09 10 11",
    edge: "13 14 16 17 18",
    planned: "",
  },
  {
    area: "LOOP",
    title: "the loop",
    core: "01 04 09 10 11 12 13 16 17 18",
    edge: "05 08 19 20 21 22 23",
    planned: "",
  },
  {
    area: "THREAD",
    title: "threads and executors",
    core: "03 04 05 08",
    edge: "06 07",
    planned: "",
  },
  {
    area: "STREAM",
    title: "streams",
    core: "01 03 04 05 06 07 08 09 12 13 14 15 16 21 22 23 24 27 31",
    edge: "10 18 19 28 29 30",
    planned: "",
  },
  {
    area: "GRAPH",
    title: "call graphs",
    core: "01 02 03 04 07 08 09 10",
    edge: "11",
    planned: "08 09 10",
  },
  {
    area: "RACE",
    title: "staggeredRace",
    core: "",
    edge: "02 03 04 05 06 07",
    planned: "",
  },
  {
    area: "JSX",
    title: "JavaScript",
    core: "01 02 03 04 05 06 07",
    edge: "08",
    planned: "",
  },
]
