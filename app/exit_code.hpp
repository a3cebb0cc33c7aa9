/// What the program's end says to a script, after sysexits.h.
#pragma once

#include <string_view>

namespace signalbox {

enum class exit_code : int {
  ok = 0,
  failed = 1,         ///< it ran, and found what must not be: problems of `verify`, loss in `replay`, faults in `conformance`
  usage = 64,         ///< the command line
  bad_input = 65,     ///< a file that was given isn't what it should be
  no_input = 66,      ///< a file or directory that was given can't be read
  unavailable = 69,   ///< the port is busy, the server that was to be called isn't there
  internal = 70,      ///< a defect of ours
  locked = 73,        ///< the data directory is held by another server, or of a newer format, or can't be made
  disk = 74,          ///< the disk failed or is full
  configuration = 78  ///< a configuration file, variable or flag
};

[[nodiscard]] constexpr int number(exit_code of) { return static_cast<int>(of); }

/// Says on stderr in a sentence why, and gives the code back.
[[nodiscard]] exit_code end_with(exit_code code, std::string_view sentence);

}  // namespace signalbox
