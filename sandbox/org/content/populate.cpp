#include "sandbox/org/content/populate.h"

#include "sandbox/org/content/org_folder.h"
#include "sandbox/org/content/own_objects.h"
#include "sandbox/org/content/own_parts.h"
#include "sandbox/org/identifier.h"
#include "sandbox/org/state.h"
#include "sandbox/org/writer.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {

namespace {

constexpr std::int64_t users_usual = 5;
constexpr std::uint64_t rows_a_batch = 1'000;
constexpr std::uint64_t rows_a_report = 20'000;
constexpr std::string_view username_usual = "integration@koppla.example";

std::string global_of(const std::vector<Object>& objects) {
    std::string json = "[";
    for (const Object& object : objects) (json += json.size() > 1 ? "," : "") += object.global_json();
    return json + "]";
}

bool is_among(const std::vector<Object>& objects, std::string_view name) {
    return std::any_of(objects.begin(), objects.end(),
                       [&](const Object& object) { return lower_case(object.name()) == lower_case(name); });
}

/// The work of one `populate`.
class Filling {
  public:
    Filling(db::Database& database, const OrgOptions& options, const Clock& clock)
        : database_{database},
          options_{options},
          stamp_{stamp(clock)},
          now_ms_{std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count() * 1000} {}

    Result<Populated> run() {
        TRY(read_state());
        TRY(read_objects());
        TRY(check_requests());
        TRY(add_objects());
        for (const Object& object : populated_.catalog.objects()) TRY(fill(object));
        return std::move(populated_);
    }

  private:
    Result<std::unique_ptr<db::Transaction>> begin() { return database_.begin(db::Access::write, Call{}); }

    Result<void> read_state() {
        const auto transaction = TRY(begin());
        State state{*transaction};
        TRY(state.create_if_missing());
        OrgIdentity& identity = populated_.identity;
        identity.seed = options_.seed;
        if (const auto seed = TRY(state.setting("seed"))) {
            std::from_chars(seed->data(), seed->data() + seed->size(), identity.seed);
        }
        const std::uint64_t number = first_number(identity.seed);
        identity.organization_id = TRY(state.setting("organization_id")).value_or(make_id("00D", number));
        identity.user_id = TRY(state.setting("user_id")).value_or(make_id("005", number));
        identity.username = TRY(state.setting("username")).value_or(std::string{username_usual});
        populated_.global_json = TRY(state.setting("global")).value_or(std::string{});
        known_ = TRY(state.objects());
        return transaction->commit();
    }

    /// The state's objects, and after them the new ones of the folder, or ours.
    Result<void> read_objects() {
        std::vector<Object> fresh;
        if (!options_.folder.empty()) {
            OrgFolder folder = TRY(read_org_folder(options_.folder, now_ms_));
            populated_.misfits = std::move(folder.misfits);
            if (populated_.global_json.empty()) populated_.global_json = std::move(folder.global_json);
            fresh = std::move(folder.objects);
        }
        TRY(add_ours(fresh));
        std::vector<Object> objects = known_;
        for (Object& object : fresh) {
            if (is_among(known_, object.name())) continue;
            added_.push_back(object.name());
            objects.push_back(std::move(object));
        }
        if (populated_.global_json.empty()) {
            populated_.global_json = global_of(objects);
        } else {
            complete_global(objects);
        }
        limit_ours(objects);
        populated_.catalog = Catalog{std::move(objects)};
        return {};
    }

    /// Our own objects, where the org has none of its own; else those that every org has.
    Result<void> add_ours(std::vector<Object>& fresh) const {
        const bool is_ours = known_.empty() && options_.folder.empty();
        const auto is_there = [&](std::string_view name) {
            return is_among(known_, name) || is_among(fresh, name);
        };
        // Making and reading them takes longer than all the rest of opening a small org.
        const auto basic = basic_objects();
        const auto is_spec_there = [&](const ObjectSpec& spec) { return is_there(spec.name); };
        if (!is_ours && std::ranges::all_of(basic, is_spec_there)) return {};
        const auto own = is_ours ? own_objects() : basic;
        auto describes = describe_json(own);
        for (std::size_t i = 0; i < own.size(); ++i) {
            if (!is_spec_there(own[i]))
                fresh.push_back(TRY(Object::from_describe(std::move(describes[i]), now_ms_)));
        }
        return {};
    }

    /// What record types allow is in no describe, and so not in the state.
    static void limit_ours(std::vector<Object>& objects) {
        for (const ObjectSpec& spec : own_objects()) {
            if (spec.record_types.empty()) continue;
            const auto object = std::ranges::find(objects, spec.name, &Object::name);
            if (object == objects.end()) continue;
            for (const RecordTypeSpec& type : spec.record_types) object->limit(type.id, type.only);
        }
    }

    void complete_global(const std::vector<Object>& objects) {
        auto entries = nlohmann::ordered_json::parse(populated_.global_json);
        for (const Object& object : objects) {
            const bool is_listed = std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
                return entry.is_object() && entry.value("name", std::string{}) == object.name();
            });
            if (!is_listed) entries.push_back(nlohmann::ordered_json::parse(object.global_json()));
        }
        populated_.global_json = entries.dump();
    }

    Result<void> check_requests() const {
        for (const auto& [name, count] : options_.records) {
            if (populated_.catalog.find(name) == nullptr) {
                return error(
                    ErrorKind::invalid,
                    fmt::format("records of {} can't be generated: the org has no such object", name));
            }
            if (count < 0 || count > 50'000'000) {
                return error(ErrorKind::invalid, fmt::format("{} records of {} are too many", count, name));
            }
        }
        return {};
    }

    Result<void> add_objects() {
        const auto transaction = TRY(begin());
        State state{*transaction};
        const OrgIdentity& identity = populated_.identity;
        for (const std::string& name : added_) {
            TRY(state.add(*populated_.catalog.find(name), first_number(identity.seed)));
        }
        TRY(state.set_setting("seed", std::to_string(identity.seed)));
        TRY(state.set_setting("organization_id", identity.organization_id));
        TRY(state.set_setting("user_id", identity.user_id));
        TRY(state.set_setting("username", identity.username));
        TRY(state.set_setting("global", populated_.global_json));
        for (const Object& object : populated_.catalog.objects()) {
            counts_[object.name()] = TRY(state.row_count(object));
        }
        return transaction->commit();
    }

    [[nodiscard]] std::int64_t wanted(const Object& object) const {
        for (const auto& [name, count] : options_.records) {
            if (populated_.catalog.find(name) == &object) return count;
        }
        return object.name() == "User" ? users_usual : 0;
    }

    /// Fills one object's table, where it is empty, and commits.
    Result<void> fill(const Object& object) {
        const auto transaction = TRY(begin());
        State state{*transaction};
        if (counts_[object.name()] == 0) {
            LoadedRecords loaded;
            if (!options_.folder.empty()) {
                loaded = TRY(load_records(*transaction, object, options_.folder,
                                          {.stamp = stamp_,
                                           .user_id = populated_.identity.user_id,
                                           .progress = [&](std::int64_t rows) { report(object, rows, 0); }}));
            }
            auto& misfits = populated_.misfits;
            misfits.insert(misfits.end(), loaded.misfits.begin(), loaded.misfits.end());
            if (loaded.rows == 0 && object.name() != "Organization") TRY(generate(*transaction, object));
        }
        TRY(state.index(object));
        if (object.name() == "User") TRY(ensure_user(state, object));
        if (object.name() == "Organization") TRY(ensure_organization(state, object));
        if (object.name() == "RecordType") TRY(ensure_record_types(state, object));
        if (object.name() == "ObjectPermissions" || object.name() == "FieldPermissions")
            TRY(ensure_permissions(state, object));
        return transaction->commit();
    }

    void report(const Object& object, std::int64_t rows, std::int64_t total) const {
        if (options_.progress) options_.progress(object.name(), rows, total);
    }

    /// What rows of this org may link to: rows that were or will be generated; or some that were loaded.
    Result<std::map<std::string, LinkTargets>> links(State& state, const Object& object) {
        std::map<std::string, LinkTargets> links;
        for (const Field& field : object.fields()) {
            for (const Object* target : targets_of(populated_.catalog, field)) {
                if (links.contains(target->name())) continue;
                LinkTargets targets{
                    .first_number = first_number(populated_.identity.seed), .count = 0, .ids = {}};
                const bool is_empty = counts_[target->name()] == 0;
                const bool is_loaded =
                    !options_.folder.empty() &&
                    std::filesystem::exists(options_.folder / "records" / (target->name() + ".csv"));
                if (is_empty && !is_loaded) {
                    targets.count = static_cast<std::uint64_t>(wanted(*target));
                } else {
                    targets.ids = TRY(state.some_ids(*target, 1'000));
                }
                if (target->name() == "RecordType" && options_.folder.empty())
                    targets.ids = record_types_of(object);
                links.emplace(target->name(), std::move(targets));
            }
        }
        return links;
    }

    Result<void> generate(db::Transaction& transaction, const Object& object) {
        const auto total = static_cast<std::uint64_t>(wanted(object));
        if (total == 0) return {};
        State state{transaction};
        Generator generator{populated_.catalog,
                            object,
                            {.seed = populated_.identity.seed,
                             .first_number = first_number(populated_.identity.seed),
                             .total = total,
                             .links = TRY(links(state, object))}};
        std::vector<db::LoaderColumn> columns;
        for (const Field* field : generator.fields())
            columns.push_back({.name = field->name, .type = loaded_as(*field)});
        const auto loader = TRY(transaction.loader("org_" + object.name(), columns));
        model::Batch batch;
        for (std::uint64_t n = 0; n < total;) {
            batch.recycle(columns.size());
            const std::uint64_t end = std::min(total, n + rows_a_batch);
            for (; n < end; ++n) {
                for (const model::Cell& cell : generator.row(n)) {
                    batch.push(cell.is_text() ? model::Cell::of(batch.keep(cell.text())) : cell);
                }
            }
            TRY(loader->append(batch));
            if (n % rows_a_report == 0)
                report(object, static_cast<std::int64_t>(n), static_cast<std::int64_t>(total));
        }
        TRY(loader->finish());
        return state.set_next_number(object, first_number(populated_.identity.seed) + total);
    }

    static model::Type loaded_as(const Field& field) {
        switch (field.storage) {
            case Storage::boolean:
                return {.kind = model::Kind::boolean};
            case Storage::integer:
                return {.kind = model::Kind::integer};
            case Storage::real:
                return {.kind = model::Kind::decimal};
            default:
                return {.kind = model::Kind::text};
        }
    }

    /// Keeps of `values` what the object has: describes of a folder may be narrower than ours.
    static Values narrowed(const Object& object, const Values& values) {
        Values kept;
        for (const auto& [name, value] : values) {
            if (object.has(name)) kept[name] = value;
        }
        return kept;
    }

    Result<void> ensure(State& state, const Object& object, const std::string& id, Values values) {
        values = narrowed(object, values);
        if (TRY(state.presence(object, id)).exists) {
            TRY(state.update(object, id, values));
            return {};
        }
        values["Id"] = Value{id};
        set_defaults(object, stamp_, populated_.identity.user_id, values);
        return state.insert(object, values);
    }

    Result<void> ensure_user(State& state, const Object& user) {
        const std::string& username = populated_.identity.username;
        const Values who{{"Username", Value{username}},
                         {"Email", Value{username}},
                         {"FirstName", Value{std::string{"Integration"}}},
                         {"LastName", Value{std::string{"User"}}},
                         {"Alias", Value{std::string{"integ"}}},
                         {"IsActive", Value{std::int64_t{1}}},
                         {"TimeZoneSidKey", Value{std::string{"Europe/Berlin"}}},
                         {"LocaleSidKey", Value{std::string{"en_US"}}},
                         {"EmailEncodingKey", Value{std::string{"UTF-8"}}},
                         {"LanguageLocaleKey", Value{std::string{"en_US"}}},
                         {"UserType", Value{std::string{"Standard"}}},
                         {"ManagerId", Value{}}};
        if (counts_[user.name()] != 0) return {};
        return ensure(state, user, populated_.identity.user_id, who);
    }

    static std::vector<std::string> record_types_of(const Object& object) {
        std::vector<std::string> ids;
        for (const RecordType& type : object.record_types())
            if (!type.is_master) ids.push_back(type.id);
        return ids;
    }

    Result<void> ensure_record_types(State& state, const Object& record_type) {
        if (counts_[record_type.name()] != 0 || !options_.folder.empty()) return {};
        for (const Object& object : populated_.catalog.objects()) {
            for (const RecordType& type : object.record_types()) {
                if (type.is_master) continue;
                TRY(ensure(state, record_type, type.id,
                           {{"Name", Value{type.name}},
                            {"DeveloperName", Value{type.name}},
                            {"SobjectType", Value{object.name()}},
                            {"IsActive", Value{std::int64_t{1}}}}));
            }
        }
        return {};
    }

    /// An administrator's permission set, which may see everything.
    Result<void> ensure_permissions(State& state, const Object& permissions) {
        if (counts_[permissions.name()] != 0) return {};
        const bool is_of_fields = permissions.has("Field");
        const auto grant = [&](const Object& object, const std::string& field) -> Result<void> {
            Values values{
                {"Id", Value{make_id(permissions.key_prefix(), TRY(state.take_number(permissions)))}},
                {"ParentId", Value{make_id("0PS", 1)}},
                {"SobjectType", Value{object.name()}},
                {"PermissionsRead", Value{std::int64_t{1}}},
                {"PermissionsEdit", Value{std::int64_t{1}}}};
            if (is_of_fields) values["Field"] = Value{object.name() + "." + field};
            set_defaults(permissions, stamp_, populated_.identity.user_id, values);
            return state.insert(permissions, values);
        };
        for (const Object& object : populated_.catalog.objects()) {
            if (!is_of_fields) TRY(grant(object, ""));
            for (const Field& field : object.fields())
                if (is_of_fields && field.nillable) TRY(grant(object, field.name));
        }
        return {};
    }

    Result<void> ensure_organization(State& state, const Object& organization) {
        if (counts_[organization.name()] != 0) return {};
        if (const auto loaded = TRY(state.some_ids(organization, 1)); !loaded.empty()) {
            populated_.identity.organization_id = loaded.front();
            return state.set_setting("organization_id", loaded.front());
        }
        return ensure(state, organization, populated_.identity.organization_id,
                      {{"Name", Value{std::string{"Koppla Sandbox"}}},
                       {"Country", Value{std::string{"DE"}}},
                       {"DefaultLocaleSidKey", Value{std::string{"en_US"}}},
                       {"TimeZoneSidKey", Value{std::string{"Europe/Berlin"}}},
                       {"LanguageLocaleKey", Value{std::string{"en_US"}}},
                       {"OrganizationType", Value{std::string{"Developer Edition"}}},
                       {"InstanceName", Value{std::string{"KOP1"}}},
                       {"IsSandbox", Value{std::int64_t{1}}},
                       {"FiscalYearStartMonth", Value{std::int64_t{1}}}});
    }

    db::Database& database_;
    const OrgOptions& options_;
    std::string stamp_;
    std::int64_t now_ms_;
    std::vector<Object> known_;
    std::vector<std::string> added_;
    std::map<std::string, std::int64_t> counts_;  ///< rows before anything was filled
    Populated populated_;
};

}  // namespace

std::uint64_t first_number(std::uint64_t seed) {
    return mixed(seed) % 1'000'000 * 10'000'000 + 1;
}

Result<Populated> populate(db::Database& database, const OrgOptions& options, const Clock& clock) {
    return Filling{database, options, clock}.run();
}

}  // namespace koppla::sandbox
