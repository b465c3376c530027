#include "db/sqlite/pool.h"

#include "db/sqlite/statement.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla::db {

namespace {

constexpr std::size_t idle_readers_max = 4;
constexpr std::size_t attachments_max =
    10;  ///< what SQLite was built with [SQLite: Limits, SQLITE_MAX_ATTACHED]

}  // namespace

Pool::Pool(std::string path, const Connection::Memory& memory, std::unique_ptr<Connection> writer)
    : path_{std::move(path)}, memory_{memory}, writer_{std::move(writer)} {}

Result<std::shared_ptr<Connection>> Pool::writer(const Call& call) {
    std::unique_ptr<Connection> taken;
    {
        std::unique_lock lock{mutex_};
        const auto is_free = [this] { return writer_ != nullptr; };
        const bool is_ours = call.deadline == std::chrono::steady_clock::time_point::max()
                                 ? writer_free_.wait(lock, call.stop, is_free)
                                 : writer_free_.wait_until(lock, call.stop, call.deadline, is_free);
        if (!is_ours && call.stop.stop_requested()) return call.cancelled("waiting to write to the store");
        if (!is_ours) {
            return error(
                ErrorKind::unavailable,
                fmt::format("waiting to write to {}: another transaction of this program still writes; "
                            "try again when it is done",
                            path_));
        }
        taken = std::move(writer_);
    }
    taken->serve(call);
    std::shared_ptr<Connection> lent{taken.release(), [pool = shared_from_this()](Connection* connection) {
                                         pool->give_back(std::unique_ptr<Connection>{connection});
                                     }};
    TRY(lent->prepare_to_write());
    TRY(settle(*lent));
    return lent;
}

Result<std::shared_ptr<Connection>> Pool::reader(const Call& call) {
    auto taken = readers_.with([](auto& idle) {
        std::unique_ptr<Connection> reader;
        if (idle.empty()) return reader;
        reader = std::move(idle.back());
        idle.pop_back();
        return reader;
    });
    if (!taken) {
        const Connection::Memory memory{.cache_bytes = memory_.cache_bytes / 4,
                                        .mapped_bytes = memory_.mapped_bytes};
        taken = TRY(Connection::open(path_, Connection::Role::reader, memory, call));
    }
    taken->serve(call);
    return std::shared_ptr<Connection>{taken.release(), [pool = shared_from_this()](Connection* connection) {
                                           std::unique_ptr<Connection> reader{connection};
                                           reader->serve({});
                                           pool->readers_.with([&](auto& idle) {
                                               if (idle.size() < idle_readers_max)
                                                   idle.push_back(std::move(reader));
                                           });
                                       }};
}

void Pool::give_back(std::unique_ptr<Connection> writer) {
    writer->serve({});
    // What can't be settled now is reported by the next transaction.
    (void)settle(*writer);
    std::scoped_lock lock{mutex_};
    writer_ = std::move(writer);
    writer_free_.notify_one();
}

Result<void> Pool::attach(std::string schema, std::string file) {
    std::scoped_lock lock{mutex_};
    if (attachments_.size() >= attachments_max) {
        return error(ErrorKind::conflict,
                     fmt::format("{} staging files wait to be merged into {}, more than SQLite takes; merge "
                                 "one before the next is finished",
                                 attachments_.size(), path_));
    }
    attachments_.push_back(Attachment{.schema = std::move(schema), .file = std::move(file)});
    return {};
}

void Pool::drop(const std::string& schema) {
    std::unique_ptr<Connection> idle;
    {
        std::scoped_lock lock{mutex_};
        for (Attachment& attachment : attachments_) {
            if (attachment.schema == schema) attachment.is_dropped = true;
        }
        idle = std::move(writer_);
    }
    if (idle) give_back(std::move(idle));
}

Result<void> Pool::settle(Connection& writer) {
    std::vector<Attachment> due;
    {
        std::scoped_lock lock{mutex_};
        due = attachments_;
    }
    for (Attachment& attachment : due) {
        if (attachment.is_dropped && attachment.is_attached) {
            TRY(writer.run(fmt::format("detach \"{}\"", attachment.schema)));
            attachment.is_attached = false;
        } else if (!attachment.is_dropped && !attachment.is_attached) {
            auto statement =
                TRY(Statement::prepare_one(writer, fmt::format("attach $1 as \"{}\"", attachment.schema)));
            const Parameter file = std::string_view{attachment.file};
            TRY(statement.bind({&file, 1}, Statement::Values::viewed));
            TRY(statement.step());
            attachment.is_attached = true;
            TRY(writer.run(fmt::format("pragma \"{0}\".synchronous=off; pragma \"{0}\".cache_size=-{1}",
                                       attachment.schema, memory_.cache_bytes / 4096)));
        }
        const std::scoped_lock lock{mutex_};
        const auto kept =
            std::find_if(attachments_.begin(), attachments_.end(),
                         [&](const Attachment& other) { return other.schema == attachment.schema; });
        if (kept == attachments_.end()) continue;
        kept->is_attached = attachment.is_attached;
        if (kept->is_dropped && !kept->is_attached) attachments_.erase(kept);
    }
    return {};
}

}  // namespace koppla::db
