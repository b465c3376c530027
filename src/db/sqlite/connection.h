#pragma once

#include "base/call.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace koppla::db {

/// One open SQLite file with its settings, its waiting for locks and its idle prepared statements. One thread
/// at a time. The call given to `serve` says how long statements wait for locks and when they stop.
class Connection final {
  public:
    enum class Role {
        writer,   ///< leaves the file as it is until `prepare_to_write`
        reader,   ///< refuses to write
        scratch,  ///< no journal, no syncing: for files that die with the run
    };
    struct Memory {
        std::size_t cache_bytes = 0;
        std::size_t mapped_bytes = 0;
    };
    static Result<std::unique_ptr<Connection>> open(std::string path, Role role, const Memory& memory,
                                                    const Call& call);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] sqlite3* handle() const { return handle_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const Call& call() const { return call_; }
    void serve(const Call& call) { call_ = call; }

    /// Makes the file a WAL database, once; outside of a transaction.
    Result<void> prepare_to_write();
    /// Statements without parameters; rows are passed over.
    Result<void> run(std::string_view sql);
    [[nodiscard]] Error failure(int code, std::string_view attempted) const;
    [[nodiscard]] bool is_in_transaction() const;

    /// An idle statement of this text, or nullptr; and the place it goes to when it is idle again.
    sqlite3_stmt* take_idle(std::string_view sql);
    void keep_idle(std::string sql, sqlite3_stmt* statement);

  private:
    struct Idle {
        std::string sql;
        sqlite3_stmt* statement = nullptr;
        std::uint64_t since = 0;
    };

    Connection(std::string path, sqlite3* handle) : path_{std::move(path)}, handle_{handle} {}
    Result<void> configure(Role role, const Memory& memory);
    static int wait_for_lock(void* self, int attempts);
    static int is_stopped(void* self);

    std::string path_;
    sqlite3* handle_;
    Call call_;
    std::vector<Idle> idle_;
    std::uint64_t uses_ = 0;
    bool is_wal_ = false;
};

}  // namespace koppla::db
