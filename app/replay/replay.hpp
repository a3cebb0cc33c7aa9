/// `signalbox replay`: a file of dialogues played against a server, all parts but the server's.
#pragma once

#include "app/exit_code.hpp"
#include "app/replay/options.hpp"

namespace signalbox {

/// Prints progress to standard error; at the end, to standard output, a table and then `name=value` lines with what is needed
/// to look at the account that was made. `failed` when something was lost, doubled, refused or left unfinished.
[[nodiscard]] exit_code replay(const replay_options& options);

}  // namespace signalbox
