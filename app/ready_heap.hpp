/// The pages of the memory that is needed next are there before it is (docs/decisions/0023): on a virtual machine whose memory the host
/// finds when it is first touched, two mebibytes take up to six milliseconds, in which the writer would hold everybody up.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace signalbox {

/// Owns a thread, where the program is linked with jemalloc; does nothing elsewhere, or on a kernel before 5.14.
class ready_heap {
public:
  ready_heap();
  ~ready_heap();
  ready_heap(const ready_heap&) = delete;
  ready_heap& operator=(const ready_heap&) = delete;

  /// From any thread, for each mebibyte or so that it takes: what lies free in the arena it allocates from gets its pages soon, 2 to 8 MiB by
  /// the number of processors. Doesn't wait for that.
  void want();

private:
  void work();

  std::mutex lock_;
  std::condition_variable wake_;
  std::vector<unsigned> wanted_;  ///< arenas, each once
  bool ending_ = false;
  std::thread worker_;
};

}  // namespace signalbox
