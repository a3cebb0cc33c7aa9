#include "storage/prepared_log.hpp"

#include <fcntl.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace signalbox {

namespace fs = std::filesystem;

namespace {

// Not zeros: RocksDB passes over a header of zeros and goes on in the next block of the log, so a page that a power cut left out could
// be a hole that nobody sees. A header of these is damage to it.
constexpr char filler = '\xFF';
constexpr std::uint64_t prepared_bytes = 256 << 10;
constexpr std::size_t block_bytes = 4 << 10;
/// Writing so much takes longer than what its new blocks cost; filler before it would only be written twice.
constexpr std::size_t large_bytes = 64 << 10;

/// Whoever watches this thread sync the log that it wrote to last, until it has.
thread_local constinit std::function<void()>* sync_watcher = nullptr;
thread_local constinit const void* written_last = nullptr;

/// How far each log that is open is written, for whoever asks from another thread.
class open_logs {
public:
  using end = std::shared_ptr<std::atomic<std::uint64_t>>;

  end add(const std::string& name) {
    const std::scoped_lock lock{mutex_};
    return ends_[name] = std::make_shared<std::atomic<std::uint64_t>>(0);
  }
  void remove(const std::string& name) {
    const std::scoped_lock lock{mutex_};
    ends_.erase(name);
  }
  std::optional<std::uint64_t> written(const std::string& name) const {
    const std::scoped_lock lock{mutex_};
    const auto at = ends_.find(name);
    return at == ends_.end() ? std::nullopt : std::optional{at->second->load(std::memory_order_acquire)};
  }

private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, end> ends_;
};

/// One log. One thread at a time calls everything but what syncs.
class prepared_log final : public rocksdb::FSWritableFileOwnerWrapper {
public:
  /// Takes `opened`, a second descriptor of the same file.
  prepared_log(std::unique_ptr<rocksdb::FSWritableFile>&& file, int opened, std::string name, std::shared_ptr<open_logs> logs)
      : FSWritableFileOwnerWrapper(std::move(file)),
        opened_(opened),
        name_(std::move(name)),
        logs_(std::move(logs)),
        end_(logs_->add(name_)) {}
  prepared_log(const prepared_log&) = delete;
  prepared_log& operator=(const prepared_log&) = delete;
  ~prepared_log() override { release(); }

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    prepare(data.size());
    return told(FSWritableFileOwnerWrapper::Append(data, options, debug));
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification, rocksdb::IODebugContext* debug) override {
    prepare(data.size());
    return told(FSWritableFileOwnerWrapper::Append(data, options, verification, debug));
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return told_sync(FSWritableFileOwnerWrapper::Sync(options, debug));
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return told_sync(FSWritableFileOwnerWrapper::Fsync(options, debug));
  }
  rocksdb::IOStatus Close(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    release();
    return FSWritableFileOwnerWrapper::Close(options, debug);
  }

  // Blocks that RocksDB would reserve without writing them are new to the disk all the same.
  void SetPreallocationBlockSize(std::size_t) override {}
  void PrepareWrite(std::size_t, std::size_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {}

private:
  /// Before `bytes` are written. A disk that is too full for filler may still do for them.
  void prepare(std::size_t bytes) {
    written_ += bytes;
    if (written_ <= prepared_ || bytes >= large_bytes) return;
    static const std::vector<char> fill(64 << 10, filler);
    const auto end = (written_ + prepared_bytes) / block_bytes * block_bytes;
    prepared_ = written_;
    while (prepared_ < end) {
      const auto now = std::min<std::uint64_t>(fill.size(), end - prepared_);
      const auto done = ::pwrite(opened_, fill.data(), now, static_cast<off_t>(prepared_));
      if (done <= 0) return;
      prepared_ += static_cast<std::uint64_t>(done);
    }
  }

  rocksdb::IOStatus told(rocksdb::IOStatus appended) {
    if (appended.ok()) end_->store(written_, std::memory_order_release);
    written_last = this;
    return appended;
  }

  [[nodiscard]] rocksdb::IOStatus told_sync(rocksdb::IOStatus synced) const {
    if (synced.ok() && sync_watcher && written_last == this) (*std::exchange(sync_watcher, nullptr))();
    return synced;
  }

  void release() {
    if (opened_ < 0) return;
    logs_->remove(name_);
    // Not done, or gone in a power cut: filler stays.
    if (prepared_ > written_) static_cast<void>(::ftruncate(opened_, static_cast<off_t>(written_)) == 0);
    ::close(std::exchange(opened_, -1));
  }

  int opened_;
  std::string name_;
  std::shared_ptr<open_logs> logs_;
  open_logs::end end_;
  std::uint64_t written_ = 0;
  std::uint64_t prepared_ = 0;
};

// RocksDB's log format (its wiki, "Write Ahead Log File Format"): blocks of 32 KiB; in them fragments, each behind a checksum of 4 bytes,
// a length of 2 and a kind of 1; a rest of a block too small for that is left out.
constexpr std::uint64_t log_block_bytes = 32 << 10;
constexpr std::uint64_t header_bytes = 7;

bool all_filler(std::string_view of) { return of.find_first_not_of(filler) == std::string_view::npos; }

/// Where the fragments of a log end, if there is nothing but filler behind them.
std::optional<std::uint64_t> end_before_filler(std::string_view log) {
  std::uint64_t end = 0;
  for (std::uint64_t at = 0; at + header_bytes <= log.size();) {
    if (const auto left = log_block_bytes - at % log_block_bytes; left < header_bytes) {
      at += left;
      continue;
    }
    const auto header = log.substr(at, header_bytes);
    if (all_filler(header)) return all_filler(log.substr(end)) ? std::optional{end} : std::nullopt;
    const auto length = static_cast<unsigned char>(header[4]) | static_cast<unsigned char>(header[5]) << 8;
    end = at += header_bytes + static_cast<std::uint64_t>(length);
  }
  return std::nullopt;
}

/// The same of a file; nothing too where it can't be read.
std::optional<std::uint64_t> end_before_filler(const fs::path& log) {
  std::error_code failed;
  const auto size = fs::file_size(log, failed);
  const int opened = failed || size == 0 ? -1 : ::open(log.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return std::nullopt;
  std::optional<std::uint64_t> end;
  if (auto* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, opened, 0); bytes != MAP_FAILED) {
    end = end_before_filler({static_cast<const char*>(bytes), size});
    ::munmap(bytes, size);
  }
  ::close(opened);
  return end;
}

/// A log as it would be without its filler.
class cut_log final : public rocksdb::FSSequentialFileOwnerWrapper {
public:
  cut_log(std::unique_ptr<rocksdb::FSSequentialFile>&& file, std::uint64_t end)
      : FSSequentialFileOwnerWrapper(std::move(file)), left_(end) {}

  rocksdb::IOStatus Read(std::size_t bytes, const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* debug) override {
    auto status = FSSequentialFileOwnerWrapper::Read(std::min<std::uint64_t>(bytes, left_), options, result, scratch, debug);
    if (status.ok()) left_ -= result->size();
    return status;
  }
  rocksdb::IOStatus Skip(std::uint64_t bytes) override {
    const auto now = std::min(bytes, left_);
    left_ -= now;
    return FSSequentialFileOwnerWrapper::Skip(now);
  }

private:
  std::uint64_t left_;
};

bool is_log(std::string_view name) { return name.ends_with(".log"); }

class preparing_file_system final : public rocksdb::FileSystemWrapper {
public:
  preparing_file_system() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  [[nodiscard]] const char* Name() const override { return "signalbox.prepared_logs"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file, rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (!status.ok() || !is_log(name)) return status;
    if (const int opened = ::open(name.c_str(), O_WRONLY | O_CLOEXEC); opened >= 0)
      *file = std::make_unique<prepared_log>(std::move(*file), opened, name, logs_);
    return status;
  }

  /// Of a log, what is written: a backup copies it up to here while its writer goes on. In filler it would meet later commits behind
  /// what it had read before they came.
  rocksdb::IOStatus GetFileSize(const std::string& name, const rocksdb::IOOptions& options, std::uint64_t* bytes,
                                rocksdb::IODebugContext* debug) override {
    if (const auto written = logs_->written(name)) {
      *bytes = *written;
      return rocksdb::IOStatus::OK();
    }
    return FileSystemWrapper::GetFileSize(name, options, bytes, debug);
  }

private:
  std::shared_ptr<open_logs> logs_ = std::make_shared<open_logs>();
};

class looking_file_system final : public rocksdb::FileSystemWrapper {
public:
  looking_file_system() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  [[nodiscard]] const char* Name() const override { return "signalbox.cut_logs"; }

  rocksdb::IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file, rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewSequentialFile(name, options, file, debug);
    if (!status.ok() || !is_log(name)) return status;
    if (const auto end = end_before_filler(fs::path{name})) *file = std::make_unique<cut_log>(std::move(*file), *end);
    return status;
  }
};

}  // namespace

void cut_prepared_logs(const fs::path& directory) {
  std::error_code failed;
  for (fs::directory_iterator at{directory, failed}, end; !failed && at != end; at.increment(failed))
    if (is_log(at->path().native()))
      if (const auto bytes = end_before_filler(at->path()))
        static_cast<void>(::truncate(at->path().c_str(), static_cast<off_t>(*bytes)) == 0);
}

log_sync_watch::log_sync_watch(std::function<void()> synced) : synced_(std::move(synced)) { sync_watcher = &synced_; }
log_sync_watch::~log_sync_watch() { sync_watcher = nullptr; }

rocksdb::Env& env_with_prepared_logs() {
  // Never destroyed: RocksDB's threads may outlive what is static.
  static auto& env = *rocksdb::NewCompositeEnv(std::make_shared<preparing_file_system>()).release();
  return env;
}

rocksdb::Env& env_without_filler() {
  static auto& env = *rocksdb::NewCompositeEnv(std::make_shared<looking_file_system>()).release();
  return env;
}

}  // namespace signalbox
