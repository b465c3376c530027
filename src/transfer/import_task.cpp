#include "transfer/import_task.h"

#include "base/stable_hash.h"
#include "platform/options.h"
#include "platform/runs.h"
#include "transfer/among.h"
#include "transfer/recorded_schema.h"

#include <algorithm>
#include <functional>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla {

namespace {

using model::FieldSchema;
using model::ObjectSchema;

bool is_needed(const ObjectSchema& schema, const FieldSchema& field) {
    return field.name == schema.key || field.name == schema.stamp || field.name == schema.removal_flag;
}

/// What the CRM calculates, and what every import needs.
Result<std::vector<const FieldSchema*>> derived_fields(const ObjectSchema& schema) {
    std::vector<const FieldSchema*> fields;
    bool has_derived = false;
    for (const FieldSchema& field : schema.fields) {
        if (field.is_parked) continue;
        has_derived = has_derived || field.is_calculated;
        if (field.is_calculated || is_needed(schema, field)) fields.push_back(&field);
    }
    if (has_derived) return fields;
    return error(ErrorKind::invalid,
                 fmt::format("{} has no formula or roll-up field in its schema", schema.name));
}

Result<std::vector<const FieldSchema*>> chosen_fields(const ObjectSchema& schema,
                                                      const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        const FieldSchema* const field = schema.find(name);
        if (field != nullptr && field->is_parked) {
            return error(ErrorKind::not_found,
                         fmt::format("{}.{} is parked: the CRM didn't offer it any more when the wizard ran",
                                     schema.name, field->name));
        }
        if (field == nullptr) {
            return error(
                ErrorKind::not_found,
                fmt::format("the schema has no field {}.{}; see: koppla schema show", schema.name, name));
        }
    }
    std::vector<const FieldSchema*> fields;
    for (const FieldSchema& field : schema.fields) {
        if (field.is_parked) continue;
        const bool is_chosen = names.empty() || std::ranges::any_of(names, [&](const std::string& name) {
                                   return schema.find(name) == &field;
                               });
        if (is_chosen || is_needed(schema, field)) fields.push_back(&field);
    }
    return fields;
}

class Preparation {
  public:
    Preparation(const TransferSite& site, const ImportOptions& options, const Call& call)
        : site_{site}, options_{options}, call_{call} {}

    Result<ImportTask> prepare() const {
        const auto transaction = TRY(site_.database.begin(db::Access::read, call_));
        ImportTask task;
        task.schema = TRY(recorded_schema(*transaction, site_.account, options_.object));
        const bool is_derived = options_.extent == ImportExtent::derived;
        task.fields =
            TRY(is_derived ? derived_fields(task.schema) : chosen_fields(task.schema, options_.fields));
        task.adds_rows = !is_derived;
        const std::string index_field = TRY(chosen_index(task.schema, task.notices));
        task.position = {.object = task.schema.name,
                         .index_field = index_field,
                         .fields = {},
                         .filter = filter_text(),
                         .server = site_.server};
        for (const FieldSchema* field : task.fields) task.position.fields.push_back(field->name);
        TRY(choose_treatments(task));
        task.by_feed = is_by_feed(task.schema);
        std::optional<ImportPosition> saved = TRY(stored_position(*transaction, task));
        if (task.by_feed && saved) task.position.feed_mark = std::move(saved->feed_mark);
        // Where the feed isn't known yet, all has to be read before its changes mean anything.
        const bool is_from_position = saved && (!task.by_feed || !task.position.feed_mark.empty());
        const Instant crm_now = TRY(site_.connector.now(call_));
        task.conditions = TRY(conditions(task.schema, crm_now));
        task.window = next_window(is_from_position ? std::optional{saved->at} : std::nullopt, crm_now,
                                  options_.safety_lag, {});
        task.after_run = TRY(Runs{*transaction}.last_complete(
            {.kind = "import", .account = site_.account, .object = task.schema.name}));
        if (index_field.empty() && !task.by_feed) {
            task.stores_position = false;
            task.notices.emplace_back(
                "the object has no field that tells changes: every import reads and compares all of it");
        } else if (is_derived || options_.ids) {
            task.stores_position = false;
        } else if (options_.row_limit || !options_.order_by.empty()) {
            task.stores_position = false;
            task.notices.emplace_back(
                "the position stays: with a row limit or an order of its own an import may end anywhere");
        }
        return task;
    }

  private:
    /// A feed of changes tells deletions too, but it is of all records and knows no other order.
    [[nodiscard]] bool is_by_feed(const ObjectSchema& schema) const {
        return schema.has_feed && options_.extent != ImportExtent::derived && !options_.ids &&
               !options_.filter && options_.crm_filter.empty() && options_.index_field.empty() &&
               options_.order_by.empty() && !options_.row_limit;
    }

    /// Which field tells changes: the schema's own, or as the person wants it.
    [[nodiscard]] Result<std::string> chosen_index(const ObjectSchema& schema,
                                                   std::vector<std::string>& notices) const {
        if (options_.index_field.empty()) return schema.stamp;
        const FieldSchema* const field = schema.find(options_.index_field);
        if (field == nullptr || field->is_parked || field->type.kind != model::Kind::instant ||
            !field->is_filterable) {
            return error(ErrorKind::invalid,
                         fmt::format("{}.{} can't tell changes: the index field is an instant that can be "
                                     "filtered by, such as SystemModstamp or LastModifiedDate",
                                     schema.name, options_.index_field));
        }
        if (field->name != schema.stamp) {
            notices.push_back(
                fmt::format("{} moves with fewer changes than {}: those that leave it as it is, deletions "
                            "among them, are not imported",
                            field->name, schema.stamp.empty() ? "a record does" : schema.stamp));
        }
        return field->name;
    }

    Result<void> choose_treatments(ImportTask& task) const {
        task.treatments.resize(task.fields.size());
        std::vector<std::string> words;
        for (const auto& [wanted, treatment] : options_.conversions) {
            const FieldSchema* const field = task.schema.find(wanted);
            const auto at = std::ranges::find(task.fields, field);
            if (field == nullptr || at == task.fields.end()) {
                return error(ErrorKind::not_found,
                             fmt::format("a conversion is given for {}.{}, which isn't imported",
                                         task.schema.name, wanted));
            }
            if (is_needed(task.schema, *field)) {
                return error(ErrorKind::invalid,
                             fmt::format("{}.{} identifies or dates records: it is imported as it is",
                                         task.schema.name, field->name));
            }
            TRY(check_treatment(*field, treatment));
            task.treatments.at(static_cast<std::size_t>(at - task.fields.begin())) = treatment;
            if (treatment != model::Treatment::standard)
                words.push_back(fmt::format("{}={}", field->name, name(treatment)));
        }
        std::ranges::sort(words);
        task.position.conversions = fmt::format("{}", fmt::join(words, ", "));
        return {};
    }

    /// The filter as it was asked, whichever moment its relative ones mean now.
    [[nodiscard]] std::string filter_text() const {
        std::vector<std::string> words;
        if (options_.filter) words.push_back(to_text(*options_.filter));
        if (!options_.crm_filter.empty()) words.push_back(options_.crm_filter);
        if (options_.ids) words.push_back(population());
        return fmt::format("{}", fmt::join(words, " and "));
    }

    /// Tells one list of records from another.
    [[nodiscard]] std::string population() const {
        return fmt::format("{} records, {:x}", options_.ids->size(),
                           stable_hash(fmt::format("{}", fmt::join(*options_.ids, " "))));
    }

    /// The conditions of the whole read: one, or one for each few of the wanted records.
    [[nodiscard]] Result<std::vector<std::string>> conditions(const ObjectSchema& schema, Instant now) const {
        const std::string filter = TRY(condition(options_.filter, options_.crm_filter, schema, now));
        if (!options_.ids) return std::vector{filter};
        std::vector<std::string> result;
        for (const model::Filter& some : among(schema.key, *options_.ids)) {
            std::string each = TRY(condition(some, filter, schema, now));
            result.push_back(std::move(each));
        }
        return result;
    }

    [[nodiscard]] Result<std::string> condition(const std::optional<model::Filter>& filter,
                                                const std::string& crm_filter, const ObjectSchema& schema,
                                                Instant now) const {
        if (!filter) return crm_filter;
        std::string own = TRY(site_.connector.condition(*filter, schema, now));
        if (crm_filter.empty()) return own;
        return fmt::format("({}) and ({})", own, crm_filter);
    }

    /// From where to read; nothing where everything is to be read.
    Result<std::optional<ImportPosition>> stored_position(db::Transaction& transaction,
                                                          const ImportTask& task) const {
        const bool tells_changes = task.by_feed || !task.position.index_field.empty();
        if (options_.extent != ImportExtent::changes || options_.ids || !tells_changes)
            return std::optional<ImportPosition>{};
        const std::string name = position_option(site_.account, task.schema.name);
        const auto option = TRY(Options{transaction}.find(name));
        if (!option || option->value.empty()) return std::optional<ImportPosition>{};
        Result<ImportPosition> saved = position_from(option->value, option->scope);
        if (!saved) return saved.error().with_context("option " + name);
        const std::string differs = difference(*saved, task.position);
        if (!differs.empty() && options_.other_question == OtherQuestion::refuse) {
            return error(
                ErrorKind::conflict,
                fmt::format("the position in option {} was reached by another import: {}. Records that "
                            "didn't change since {} would be missed; read everything with --full, or "
                            "go on from there with --accept-index",
                            name, differs, option->value));
        }
        return std::optional{std::move(*saved)};
    }

    const TransferSite& site_;
    const ImportOptions& options_;
    const Call& call_;
};

}  // namespace

Result<ImportTask> prepare_import(const TransferSite& site, const ImportOptions& options, const Call& call) {
    return Preparation{site, options, call}.prepare();
}

}  // namespace koppla
