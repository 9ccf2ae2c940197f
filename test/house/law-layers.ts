// Law 1 and 2: a room is entered by its door only, arrows go down, and nothing imports its own front door.
//
// Type imports count: a type is as good a reason as any to know a room.

import type { Law, SourceFile } from "./source-tree.ts"
import type { House, Room } from "./rooms.ts"
import { livesIn, target } from "./source-tree.ts"

export const layers: Law = (files, house) => {
  const known = new Set(files.map((file) => file.path))
  const faults: string[] = []
  for (const file of files) {
    for (const { specifier, line } of file.module.imports) {
      const why = specifier.startsWith(".")
        ? faultOfEntry(file, target(file, specifier), known, house)
        : faultOfPackage(file, specifier, house)
      if (why !== undefined) faults.push(`${file.path}:${line}: ${why}`)
    }
  }
  return faults
}

function faultOfEntry(file: SourceFile, to: string, known: Set<string>, house: House): string | undefined {
  if (!known.has(to)) return `imports ${to}, which is not a source file`
  const toRoom = to.includes("/") ? to.slice(0, to.indexOf("/")) : ""
  const door = to.slice(toRoom.length + 1)
  if (file.path === house.front.file) {
    if (!house.front.rooms.includes(toRoom)) return `the front door may not re-export ${toRoom}`
    return door === "index.ts" ? undefined : `enters ${toRoom} by ${door}: use its index.ts`
  }
  if (toRoom === "") return `imports ${to}: only the world outside uses the front door, name the room`
  if (toRoom === file.room) {
    const isOwnDoor = door === "index.ts" || (door === "lowlevel.ts" && file.path !== `${toRoom}/index.ts`)
    return isOwnDoor ? `imports its own door ${door}: name the file` : undefined
  }
  const room = house.rooms[toRoom]
  if (room === undefined) return `enters ${toRoom}, which is not in the table of rooms`
  if (!mayEnter(file.room, toRoom, room, house)) return `${file.room} may not enter ${toRoom}: arrows go down`
  if (room.doors !== "every file" && !room.doors.includes(door)) {
    return `enters ${toRoom} by ${door}: its doors are ${room.doors.join(", ")}`
  }
  return undefined
}

function mayEnter(from: string, to: string, room: Room, house: House): boolean {
  const own = house.rooms[from]
  if (own === undefined) return false
  if (room.enteredBy !== undefined && !room.enteredBy.includes(from)) return false
  return room.floor < own.floor || own.beside?.includes(to) === true
}

function faultOfPackage(file: SourceFile, specifier: string, house: House): string | undefined {
  if (specifier.startsWith("node:")) {
    const homes = house.homes[specifier]
    if (homes === undefined) return `${specifier} has no home room: say in test/house/rooms.ts where it lives`
    return livesIn(file, homes) ? undefined : `${specifier} lives in ${homes.join(", ")}`
  }
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")
  const homes = house.packages[name]
  if (homes === undefined)
    return `${name} is not a dependency with a home room, and node modules begin with "node:"`
  return livesIn(file, homes) ? undefined : `${name} lives in ${homes.join(", ")}`
}
