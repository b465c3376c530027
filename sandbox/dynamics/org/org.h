#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "db/database.h"
#include "sandbox/changes.h"
#include "sandbox/dynamics/org/catalog.h"
#include "sandbox/dynamics/org/delta.h"
#include "sandbox/dynamics/org/writing.h"
#include "sandbox/lateness.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

struct OrgOptions {
    std::filesystem::path state;  ///< SQLite; made when absent, kept when there
    std::uint64_t seed = 1;
    std::map<std::string, std::int64_t>
        records{};  ///< rows to generate, by logical name; only into empty tables
    std::filesystem::path
        metadata{};  ///< a file or folder of $metadata to load instead of our own tables, or empty
    /// Told now and then while rows are generated: table, rows so far, rows in all.
    std::function<void(const std::string&, std::int64_t, std::int64_t)> progress{};
};

/// Ids that the org knows itself by.
struct Identity {
    std::uint64_t seed = 1;
    std::string organization_id;
    std::string business_unit_id;
    std::string user_id;              ///< the systemuser that people log in as
    std::string application_user_id;  ///< the systemuser of the registered application
    std::string base_currency_id;
};

/// Whom the tenant knows: their rows among the users say so.
struct People {
    std::string client_id;
    std::string app_object_id;
    std::string username;
    std::string user_object_id;
};

/// A stand-in for one Dynamics 365 org: its tables and their rows, kept in a state file. Thread-safe. Errors
/// carry the vendor's code in `symbol` ("0x80040217"); http_status tells the status that goes with it.
class Org {
  public:
    static Result<std::unique_ptr<Org>> open(const OrgOptions& options, const Clock& clock);
    ~Org();

    /// What can be seen now; hold it for the length of a request.
    [[nodiscard]] std::shared_ptr<const Catalog> catalog() const;
    /// The metadata ids of attributes that there are, but that can't be seen.
    [[nodiscard]] std::vector<std::string> hidden_attributes() const;
    /// What of a $metadata file didn't fit, one sentence each; empty otherwise.
    [[nodiscard]] const std::vector<std::string>& misfits() const;
    [[nodiscard]] const Identity& identity() const;

    /// For queries, in SQL over `table_sql` and `column_sql`: one moment of the org, late writes that are due
    /// applied.
    Result<std::unique_ptr<db::Transaction>> read();
    /// For changes; one at a time, others wait.
    Result<std::unique_ptr<Writing>> write();
    /// One change by itself.
    Result<Saved> save(const Change& change);

    /// The version of the last change.
    Result<std::int64_t> current_version(db::Transaction& transaction);
    /// The version up to which every change can be seen: below that of the oldest late one.
    Result<std::int64_t> safe_version(db::Transaction& transaction);
    /// A token for what this transaction sees; it never passes a change that is made but not yet visible.
    Result<DeltaToken> issue_token(db::Transaction& transaction);
    /// 0x80044352 for a token that is too old, or from before the last `expire_tokens`.
    Result<void> check_token(const DeltaToken& token);
    /// How long tokens hold; the organization's expirechangetrackingindays.
    void set_retention(std::chrono::hours retention);
    [[nodiscard]] std::chrono::hours retention() const;
    Result<void> expire_tokens();
    /// Forgets deletions, as the service does after the retention; tokens from before are void.
    Result<void> purge_tombstones();

    void set_late(const LateWrites& late);
    /// Changes that are made but not yet visible.
    Result<std::int64_t> pending();
    /// Makes all of them visible now.
    Result<void> apply_pending();

    /// Changes rows picked by the seed, each call others; as late as other writes.
    Result<ChangedIds> change(const Table& table, const ChangeCounts& counts);
    Result<std::int64_t> row_count(const Table& table);

    /// Takes attributes, or without any the whole table, out of the user's sight: of metadata, queries, rows
    /// and writes. 0x80041103 for what can't be hidden.
    Result<void> hide(const Table& table, std::span<const std::string> attributes);
    /// The same for rows: no tombstone tells of them.
    Result<void> hide_rows(const Table& table, std::span<const std::string> ids);
    /// The state of an alternate key's index, by the key's name or that of its only attribute: unless it is
    /// active, the key neither names rows nor keeps values apart. 0x80060890 for a key that there isn't.
    Result<void> set_index(const Table& table, std::string_view key, IndexState index);
    /// Makes looking for rows by these columns fast.
    Result<void> index(const Table& table, const std::vector<std::string>& columns);
    /// Shows everything again.
    Result<void> reveal();

    Result<void> set_people(const People& people);

    /// Small texts kept in the state for the surface (credentials, names of certificates).
    Result<std::optional<std::string>> setting(std::string_view name);
    Result<void> set_setting(std::string_view name, std::string_view value);

  private:
    struct Inside;
    explicit Org(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

}  // namespace koppla::sandbox::dynamics
