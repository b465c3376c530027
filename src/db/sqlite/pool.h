#pragma once

#include "base/guarded.h"
#include "db/sqlite/connection.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace koppla::db {

/// The connections to one store: one writer, lent to one transaction at a time, and readers, of which a few
/// are kept open when idle. What is lent comes back by itself. Thread-safe.
///
/// It also knows the staging files that write transactions see: attached and detached while the writer is
/// between two transactions.
class Pool final : public std::enable_shared_from_this<Pool> {
  public:
    Pool(std::string path, const Connection::Memory& memory, std::unique_ptr<Connection> writer);

    /// Waits for the writer until the call ends; then `unavailable`.
    Result<std::shared_ptr<Connection>> writer(const Call& call);
    Result<std::shared_ptr<Connection>> reader(const Call& call);

    [[nodiscard]] const std::string& path() const { return path_; }
    /// What a staging file gets.
    [[nodiscard]] Connection::Memory scratch_memory() const {
        return {.cache_bytes = memory_.cache_bytes / 4};
    }

    /// From the next write transaction on, `file` is the schema of that name.
    Result<void> attach(std::string schema, std::string file);
    /// The file may be deleted at once; a connection that still has it lets go of it when it is idle.
    void drop(const std::string& schema);

  private:
    struct Attachment {
        std::string schema;
        std::string file;
        bool is_attached = false;
        bool is_dropped = false;
    };

    void give_back(std::unique_ptr<Connection> writer);
    /// Attaches and detaches what is due. The writer must be between two transactions.
    Result<void> settle(Connection& writer);

    const std::string path_;
    const Connection::Memory memory_;
    std::mutex mutex_;  ///< of all below
    std::condition_variable_any writer_free_;
    std::unique_ptr<Connection> writer_;  ///< null while lent
    std::vector<Attachment> attachments_;
    Guarded<std::vector<std::unique_ptr<Connection>>> readers_;
};

}  // namespace koppla::db
