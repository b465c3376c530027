#pragma once

#include "db/database.h"

#include <chrono>
#include <filesystem>
#include <memory>

namespace koppla::db {

struct SqliteOptions {
    /// `existing` refuses (not_found) where no file is, `fresh` (conflict) where one is.
    enum class Create { existing, fresh, if_missing };

    std::filesystem::path path;
    Create create = Create::existing;
    /// How long opening waits for another program that holds the file.
    std::chrono::milliseconds open_wait{5000};
    /// Page cache of the writer; readers and staging files have a quarter each.
    std::size_t cache_bytes = std::size_t{4} << 20;
    /// How much of the file readers see by mapping it instead of copying its pages; it then counts as memory
    /// of this process, and an error of the disk ends it.
    std::size_t mapped_bytes = 0;
};

/// An SQLite file, made with mode 0600 and in WAL mode from the first write on: one writer at a time, readers
/// beside it that see the state of their `begin`. A commit is atomic always; synchronous is NORMAL, so after
/// a loss of power (not of the process) the last commits may be gone, each of them whole: positions stay true
/// to their data.
///
/// A transaction's `stop` interrupts its statements (`cancelled`); its deadline bounds only the waiting for
/// locks. Errors: a damaged file is `corrupt`, a held one or a full disk `unavailable`, a broken constraint
/// `conflict` (its SQLite name as symbol), wrong SQL `invalid`. Staging lies in `<path>-staging-<name>`;
/// it is visible to write transactions that begin after its `finish`.
Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options);

}  // namespace koppla::db
