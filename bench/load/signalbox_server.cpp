#include "bench/load/signalbox_server.hpp"

namespace signalbox::load {

signalbox_server::signalbox_server(const std::filesystem::path& program, const std::filesystem::path& scratch,
                                   const std::filesystem::path& data, const std::string& admin_token)
    : at_{"127.0.0.1", free_port()},
      child_{scratch,
             {.package = "none, but this project's own build",
              .words = {program, "serve", "--data", data, "--listen", to_text(at_), "--admin-token", admin_token},
              .environment = {}},
             at_,  // it listens when its store is read
             30} {}

}  // namespace signalbox::load
