#pragma once

#include "base/clock.h"
#include "sandbox/changes.h"
#include "sandbox/lateness.h"
#include "sandbox/org/change.h"
#include "sandbox/org/object.h"
#include "sandbox/org/rules.h"
#include "sandbox/soql/selection.h"

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

namespace koppla::sandbox {

struct OrgOptions {
    std::filesystem::path state;  ///< SQLite; made when absent, kept when there
    std::uint64_t seed = 1;
    std::map<std::string, std::int64_t> records{};  ///< rows to generate, by object; only into empty objects
    std::filesystem::path folder{};  ///< an org folder to load instead of our own objects, or empty
    /// Told now and then while rows are generated or loaded: object, rows so far, rows in all (0: unknown).
    std::function<void(const std::string&, std::int64_t, std::int64_t)> progress{};
};

/// Which fields of a row to print, and how.
struct RowOptions {
    std::vector<std::string> fields{};  ///< empty: all readable ones
    std::string base;                   ///< "/services/data/v68.0": what attributes.url begins with
};

/// A stand-in for one Salesforce org: its objects and their rows, kept in a state file. Thread-safe. Errors
/// carry the vendor's errorCode in `symbol`.
class Org {
  public:
    static Result<std::unique_ptr<Org>> open(const OrgOptions& options, const Clock& clock);
    ~Org();

    /// What of an org folder didn't fit, one sentence each; empty otherwise.
    [[nodiscard]] const std::vector<std::string>& misfits() const;
    [[nodiscard]] const std::vector<Object>& objects() const;
    /// Case-insensitive; null where there is none.
    [[nodiscard]] const Object* find(std::string_view object) const;
    /// The `sobjects` of describeGlobal: a JSON array.
    [[nodiscard]] const std::string& global_json() const;
    /// When any of the metadata that can be seen last changed, milliseconds since 1970.
    [[nodiscard]] std::int64_t last_modified_ms() const;
    [[nodiscard]] const std::string& organization_id() const;
    [[nodiscard]] const std::string& user_id() const;  ///< of the user that logs in
    [[nodiscard]] const std::string& username() const;

    /// The changes in one transaction, in order; one result each. A row that is not there is
    /// INVALID_CROSS_REFERENCE_KEY here, NOT_FOUND in the overload for one change. `all_or_none`: a failure
    /// undoes all, and the healthy rows report ALL_OR_NONE_OPERATION_ROLLED_BACK. An error means that the
    /// state could not be written.
    Result<std::vector<SaveResult>> save(std::span<const Change> changes, const Saving& how);
    Result<SaveResult> save(const Change& change, const Saving& how = {});

    /// Takes rows out of the recycle bin; one result each, UNDELETE_FAILED for what isn't in there.
    Result<std::vector<SaveResult>> undelete(const Object& object, std::span<const std::string> ids);
    /// Merges one or two rows into another one. An error in the result: nothing was done.
    Result<MergeResult> merge(const Object& object, std::string_view winner,
                              std::span<const std::string> losers);
    /// Empties the recycle bin of what was deleted at that time or before; how many rows.
    Result<std::int64_t> purge(const Object& object, Instant until);

    /// What else rows have to agree with from now on, and how leads find their owners. Kept as long as the
    /// org is open.
    Result<void> set_rules(Rules rules);
    [[nodiscard]] std::shared_ptr<const Rules> rules() const;

    /// A visible, undeleted row as the REST API prints it. NOT_FOUND, ENTITY_IS_DELETED, MALFORMED_ID,
    /// INVALID_FIELD.
    Result<std::string> row(const Object& object, std::string_view id, const RowOptions& options);
    /// The bytes of a base64 field of such a row; empty where it has none.
    Result<std::string> content(const Object& object, std::string_view id, const Field& field);
    /// Ids of the undeleted rows with this value in a key field (`id_lookup` or "Id"); NOT_FOUND where the
    /// field isn't one.
    Result<std::vector<std::string>> ids_by_key(const Object& object, std::string_view field,
                                                std::string_view value);

    Result<std::unique_ptr<Selection>> select(std::string_view soql, const SelectOptions& options);
    Result<std::unique_ptr<Export>> export_csv(std::string_view soql, const ExportOptions& options);

    void set_late(const LateWrites& late);
    /// Changes that are made but not yet visible.
    Result<std::int64_t> pending();
    /// When the oldest of them was made, of one object.
    Result<std::optional<Instant>> oldest_pending(const Object& object);
    /// Makes all of them visible now.
    Result<void> apply_pending();

    /// Changes rows picked by the seed, each call others; as late as other writes.
    Result<ChangedIds> change(const Object& object, const ChangeCounts& counts);
    /// Rows, deleted ones included.
    Result<std::int64_t> row_count(const Object& object);

    /// Takes fields, or without any the whole object, out of the user's sight: of describes, queries, rows
    /// and writes. INVALID_FIELD for what can't be hidden.
    Result<void> hide(const Object& object, std::span<const std::string> fields);
    /// The same for the rows that now fit a SOQL condition; how many.
    Result<std::int64_t> hide_rows(const Object& object, std::string_view condition);
    /// Shows everything again.
    Result<void> reveal();

    /// Small texts kept in the state for the surface (credentials, the certificate's names).
    Result<std::optional<std::string>> setting(std::string_view name);
    Result<void> set_setting(std::string_view name, std::string_view value);

  private:
    struct Inside;
    explicit Org(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

}  // namespace koppla::sandbox
