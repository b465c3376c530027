#include "db/sqlite/sqlite_database.h"

#include "db/naming.h"
#include "db/sqlite/dialect.h"
#include "db/sqlite/file_lock.h"
#include "db/sqlite/pool.h"
#include "db/sqlite/staging.h"
#include "db/sqlite/transaction.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace koppla::db {

namespace {

/// Who names no deadline isn't kept waiting for ever by a program that has forgotten its transaction.
constexpr std::chrono::seconds lock_wait_max{60};

class SqliteDatabase final : public Database {
  public:
    explicit SqliteDatabase(std::shared_ptr<Pool> pool) : pool_{std::move(pool)} {}

    [[nodiscard]] const Dialect& dialect() const override { return dialect_; }

    Result<std::unique_ptr<Transaction>> begin(Access access, const Call& call) override {
        if (call.stop.stop_requested()) return call.cancelled("beginning a transaction");
        const bool is_unbounded = call.deadline == std::chrono::steady_clock::time_point::max();
        const Call bounded = is_unbounded ? call.within(lock_wait_max) : call;
        auto connection = TRY(access == Access::read ? pool_->reader(bounded) : pool_->writer(bounded));
        return SqliteTransaction::begin(std::move(connection), access);
    }

    Result<std::unique_ptr<Staging>> begin_staging(std::string_view name,
                                                   std::span<const LoaderColumn> columns) override {
        return SqliteStaging::begin(pool_, name, columns);
    }
    Result<void> discard_staging(std::string_view name) override {
        return SqliteStaging::discard(pool_, name);
    }
    Result<std::unique_ptr<Lock>> lock(std::string_view name) override {
        auto lock = TRY(FileLock::take(fmt::format("{}-lock-{}", pool_->path(), plain_name(name, 97))));
        return std::unique_ptr<Lock>{std::move(lock)};
    }
    Result<std::vector<std::string>> damages(const Call& call) override {
        auto transaction = TRY(begin(Access::read, call));
        auto cursor = TRY(transaction->query("pragma quick_check(3)", {}));
        std::vector<std::string> damages;
        while (TRY(cursor->next())) {
            if (cursor->text(0) != "ok") damages.emplace_back(cursor->text(0));
        }
        return damages;
    }

  private:
    SqliteDialect dialect_;
    std::shared_ptr<Pool> pool_;
};

Error file_error(int number, const std::string& path) {
    switch (number) {
        case EEXIST:
            return error(ErrorKind::conflict, fmt::format("{} is there already", path));
        case ENOENT:
            return error(ErrorKind::not_found,
                         fmt::format("there is no database at {}, or no such folder", path));
        case ENOSPC:
        case EDQUOT:
            return error(ErrorKind::unavailable,
                         fmt::format("no room left on the disk for {}; make room", path));
        default:
            return error(ErrorKind::denied, fmt::format("opening {}: {}; check the owner and the mode of the "
                                                        "file and its folder",
                                                        path, std::strerror(number)));
    }
}

/// Makes the file where it is to be made, so that it is its owner's alone; SQLite itself creates none.
/// An existing file is never opened here: closing it would drop the locks that this process has on it.
Result<void> check_file(const std::string& path, SqliteOptions::Create create) {
    using Create = SqliteOptions::Create;
    if (create == Create::existing) {
        if (::access(path.c_str(), F_OK) != 0) return file_error(errno, path);
        return {};
    }
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0600);
    if (descriptor >= 0) {
        ::close(descriptor);
        return {};
    }
    if (errno == EEXIST && create == Create::if_missing) return {};
    return file_error(errno, path);
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options) {
    std::error_code failed;
    // Absolute, so that no path is taken for ":memory:" or a "file:" address.
    const std::string path = std::filesystem::absolute(options.path, failed).string();
    if (failed || options.path.empty()) {
        return error(ErrorKind::invalid, fmt::format("'{}' is no path of a database", options.path.string()));
    }
    TRY(check_file(path, options.create));
    auto writer = TRY(Connection::open(path, Connection::Role::writer,
                                       Connection::Memory{.cache_bytes = options.cache_bytes},
                                       Call{}.within(options.open_wait)));
    const Connection::Memory memory{.cache_bytes = options.cache_bytes, .mapped_bytes = options.mapped_bytes};
    auto pool = std::make_shared<Pool>(path, memory, std::move(writer));
    return std::unique_ptr<Database>{std::make_unique<SqliteDatabase>(std::move(pool))};
}

}  // namespace koppla::db
