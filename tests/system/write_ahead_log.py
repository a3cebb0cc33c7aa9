"""Just enough of RocksDB's write-ahead log to change a value in it: what an unmodified program would never write."""

import struct

BLOCK = 32768


def crc32c(content):
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(crc):
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(content):
    """(start, start of the payload, end) of every physical record."""
    at = 0
    while at + 7 <= len(content):
        left = BLOCK - at % BLOCK
        if left < 7:
            at += left
            continue
        length, kind = struct.unpack_from("<HB", content, at + 4)
        if kind == 0:
            at += left
            continue
        payload = at + (11 if kind >= 5 else 7)  # recyclable records carry the log's number
        yield at, payload, payload + length
        at = payload + length


def replace(path, key, value):
    """Sets the value of `key`, of the same length, wherever it is written. How often."""
    content = bytearray(path.read_bytes())
    wanted = bytes([len(key)]) + key + bytes([len(value)])
    done = 0
    for start, payload, end in records(content):
        place = content.find(wanted, payload, end)
        if place < 0:
            continue
        place += len(wanted)
        content[place:place + len(value)] = value
        content[start:start + 4] = struct.pack("<I", masked(crc32c(content[start + 6:end])))
        done += 1
    path.write_bytes(content)
    return done
