/// The server, from its start to its orderly end.
#pragma once

#include "app/configuration.hpp"

namespace signalbox {

/// Serves until SIGTERM or SIGINT, which main.cpp holds back (end_signals.hpp); gives the program's exit code (exit_code.hpp). The
/// log was started before. Throws storage_refused and storage_error as the store does.
int serve(const configuration& with);

}  // namespace signalbox
