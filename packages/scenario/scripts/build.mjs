// Build step; filled with the room.
