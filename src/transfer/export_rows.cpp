#include "transfer/export_rows.h"

#include "base/ascii.h"
#include "base/guid.h"
#include "model/conversion.h"
#include "platform/runs.h"
#include "transfer/recorded_schema.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using model::FieldSchema;
using model::Kind;
using model::Treatment;
using nlohmann::ordered_json;

constexpr std::size_t refusals_told = 5;

/// The form that a column's values have to be in to be treated and sent.
model::Type written_type(const WriteColumn& column, Treatment treatment) {
    if (!column.target_key.empty()) return {.kind = Kind::text};
    switch (treatment) {
        case Treatment::date_only:
            return {.kind = Kind::wall_clock};
        case Treatment::without_time_offset:
        case Treatment::copy:
        case Treatment::hash:
        case Treatment::mask:
            return {.kind = Kind::text};
        case Treatment::standard:
        case Treatment::trim:
            break;
    }
    return column.field->type;
}

bool holds_ids(const WriteColumn& column) {
    const Kind kind = column.field->type.kind;
    return kind == Kind::identifier || (kind == Kind::reference && column.target_key.empty());
}

/// "2026-11-01 10:00:00", as databases write points in time, in the form of ISO 8601; without a zone it is
/// UTC.
void to_iso_instant(model::Batch& batch, std::size_t column, std::size_t row, Kind kind) {
    const std::string_view text = batch.cell(column, row).text();
    if (text.size() < 19 || text[4] != '-' || text[7] != '-') return;
    const bool is_spaced = text[10] == ' ';
    const bool lacks_zone =
        kind == Kind::instant &&
        text.find_first_of("Zz+-", std::string_view{"2026-11-01"}.size()) == std::string_view::npos;
    if (!is_spaced && !lacks_zone) return;
    std::string iso{text};
    iso[10] = 'T';
    if (lacks_zone) iso += 'Z';
    batch.replace(column, row, iso);
}

/// Codes by the labels that people know them by, where a label stands for one code alone and is none itself.
using CodesByLabel = std::map<std::string, std::string, std::less<>>;
CodesByLabel codes_by_label(const FieldSchema& field) {
    CodesByLabel codes;
    std::set<std::string, std::less<>> not_clear;
    for (const model::EnumerationValue& value : field.values) {
        if (!codes.emplace(value.label, value.code).second) not_clear.insert(value.label);
    }
    for (const std::string& label : not_clear) codes.erase(label);
    for (const model::EnumerationValue& value : field.values) codes.erase(value.code);
    return codes;
}

std::string without_semicolon(std::string_view sql) {
    const std::size_t end = sql.find_last_not_of(" \t\r\n;");
    return std::string{sql.substr(0, end == std::string_view::npos ? 0 : end + 1)};
}

/// The store itself lets nothing else by; this says so in plain words.
Result<void> check_reads(std::string_view sql) {
    const auto begin = std::min(sql.find_first_not_of(" \t\r\n("), sql.size());
    const auto end = std::min(sql.find_first_of(" \t\r\n('\"*", begin), sql.size());
    const std::string word = lower(sql.substr(begin, end - begin));
    constexpr std::array<std::string_view, 10> writing = {"insert", "update", "delete", "replace",  "merge",
                                                          "create", "drop",   "alter",  "truncate", "pragma"};
    if (std::ranges::find(writing, word) == writing.end()) return {};
    return error(
        ErrorKind::invalid,
        fmt::format("--query may only read, and this one begins with {}; begin it with SELECT", word));
}

/// Reads a query's rows and puts them into the run's table.
class Freezing {
  public:
    Freezing(const TransferSite& site, db::Transaction& into, std::int64_t run,
             const PreparedExport& prepared, const WriteRequest& request)
        : site_{site}, into_{into}, run_{run}, definition_{prepared.definition}, request_{request} {
        for (std::size_t i = 0; i < request_.columns.size(); ++i) {
            const MappedColumn& column = definition_.columns[i];
            types_.push_back(written_type(request_.columns[i], column.treatment));
            trims_.push_back(column.trims ? Treatment::trim : Treatment::standard);
            treatments_.push_back(column.treatment);
            const FieldSchema& field = *request_.columns[i].field;
            if (holds_ids(request_.columns[i])) id_columns_.push_back(i);
            codes_.push_back(field.type.kind == Kind::enumeration ? codes_by_label(field) : CodesByLabel{});
        }
    }

    Result<FrozenRows> freeze(db::Cursor& rows, const Call& call) {
        TRY(find_sources(rows));
        TRY(make_table());
        TRY(copy(rows, call));
        TRY(into_.execute(fmt::format("create unique index {0}_position on {0} (position)", table_)));
        TRY(refuse_double_keys());
        tell();
        return std::move(frozen_);
    }

  private:
    [[nodiscard]] std::size_t width() const { return types_.size(); }
    [[nodiscard]] std::size_t position_column() const { return width(); }
    [[nodiscard]] std::size_t bytes_column() const { return width() + 1; }
    [[nodiscard]] std::size_t row_name_column() const { return width() + 2; }

    Result<int> source_of(const db::Cursor& cursor, std::string_view name) const {
        std::vector<std::string_view> names;
        for (int i = 0; i < cursor.column_count(); ++i) {
            if (equal_without_case(cursor.column_name(i), name)) return i;
            names.push_back(cursor.column_name(i));
        }
        return error(ErrorKind::invalid,
                     fmt::format("the query has no column '{}'; it has: {}", name, fmt::join(names, ", ")));
    }

    Result<void> find_sources(const db::Cursor& cursor) {
        for (std::size_t i = 0; i < width(); ++i) {
            const bool is_made = definition_.makes_ids && i + 1 == width();
            const int source = is_made ? -1 : TRY(source_of(cursor, definition_.columns[i].source));
            sources_.push_back(source);
        }
        if (!definition_.row_name.empty()) row_name_ = TRY(source_of(cursor, definition_.row_name));
        return {};
    }

    [[nodiscard]] std::vector<db::LoaderColumn> loaded() const {
        std::vector<db::LoaderColumn> columns;
        for (std::size_t i = 0; i < width(); ++i)
            columns.push_back({.name = WriteJournal::column_of(i), .type = {.kind = Kind::text}});
        columns.push_back({.name = "position", .type = {.kind = Kind::integer}});
        columns.push_back({.name = "bytes", .type = {.kind = Kind::integer}});
        columns.push_back({.name = "row_name", .type = {.kind = Kind::text}});
        return columns;
    }

    Result<void> make_table() {
        std::string columns;
        for (const db::LoaderColumn& column : loaded()) {
            columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", column.name,
                                   site_.database.dialect().column_type(column.type));
        }
        TRY(into_.execute(fmt::format("create table {} ({})", table_, columns)));
        return {};
    }

    Result<void> copy(db::Cursor& cursor, const Call& call) {
        const auto loader = TRY(into_.loader(table_, loaded()));
        model::Batch batch;
        bool has_more = true;
        while (has_more) {
            batch.recycle(width() + 3);
            while (!batch.is_full() && (has_more = TRY(cursor.next()))) take(cursor, batch);
            if (call.is_over()) return call.cancelled("reading the rows to be sent");
            TRY(convert(batch));
            TRY(loader->append(batch));
        }
        TRY(loader->finish());
        // Only now: a table that rows are copied into takes no other statement.
        return Runs{into_}.add_rejects(run_, rejects_);
    }

    void take(const db::Cursor& cursor, model::Batch& batch) {
        const std::size_t row = batch.add_row();
        for (std::size_t i = 0; i < width(); ++i) {
            if (sources_[i] < 0) {
                batch.replace(i, row, new_guid(site_.clock.now()));
            } else if (!cursor.is_null(sources_[i])) {
                batch.replace(i, row, cursor.text(sources_[i]));
                prepare(batch, i, row);
            }
        }
        put_number(batch, position_column(), row, ++frozen_.rows);
        if (row_name_ && !cursor.is_null(*row_name_))
            batch.replace(row_name_column(), row, cursor.text(*row_name_));
    }

    static void put_number(model::Batch& batch, std::size_t column, std::size_t row, std::int64_t number) {
        std::array<char, 20> digits{};
        const auto [end, status] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
        batch.replace(column, row, {digits.data(), static_cast<std::size_t>(end - digits.data())});
    }

    void prepare(model::Batch& batch, std::size_t column, std::size_t row) {
        const Kind kind = types_[column].kind;
        if (kind == Kind::instant || kind == Kind::wall_clock)
            return to_iso_instant(batch, column, row, kind);
        if (codes_[column].empty()) return;
        const auto code = codes_[column].find(batch.cell(column, row).text());
        if (code == codes_[column].end()) return;
        batch.replace(column, row, code->second);
        ++labels_resolved_;
    }

    Result<void> convert(model::Batch& batch) {
        const std::size_t key = request_.key_column().value_or(0);
        for (model::RejectedRow& row : model::convert(batch, types_, key, conversion_)) {
            if (hides(treatments_[row.column])) row.message = "the value is no text; it is hidden here, too";
            refuse(row, as_sent(cells_of(row), row.column));
        }
        treat(batch, trims_, treatments_);
        site_.connector.normalize_ids(batch, id_columns_);
        refuse_bad_keys(batch);
        for (std::size_t row = 0; row < batch.row_count(); ++row) {
            std::int64_t bytes = 0;
            for (std::size_t column = 0; column < width(); ++column)
                bytes += 8 + (batch.cell(column, row).is_text() ? batch.cell(column, row).size : 0);
            put_number(batch, bytes_column(), row, bytes);
        }
        return {};
    }

    void treat(model::Batch& batch, std::span<const Treatment> trims,
               std::span<const Treatment> treatments) const {
        std::vector<model::RejectedRow> none;
        model::treat(batch, none, trims, site_.hash);
        model::treat(batch, none, treatments, site_.hash);
    }

    void refuse_bad_keys(model::Batch& batch) {
        const auto key = request_.key_column();
        if (!key) return;
        for (std::size_t row = batch.row_count(); row-- > 0;) {
            const std::string fault = key_fault(batch.cell(*key, row));
            if (fault.empty()) continue;
            const model::RejectedRow refused{
                .key = {}, .column = *key, .message = fault, .raw = model::raw_row(batch, row)};
            refuse(refused, cells_of(refused));
            batch.remove_row(row);
        }
    }

    /// Empty where the key may name a record of the object.
    [[nodiscard]] std::string key_fault(const model::Cell& key) const {
        if (!key.is_text()) return "is empty: nothing says which record is meant";
        const model::ObjectSchema& object = *request_.object;
        const std::string_view text = key.text();
        if (!equal_without_case(request_.key, object.key)) return {};
        if (!site_.connector.is_id(text)) return fmt::format("'{}' is no record's identifier", text);
        if (equal_without_case(text.substr(0, object.id_prefix.size()), object.id_prefix)) return {};
        return fmt::format("'{}' is a record of another object: identifiers of {} begin with {}", text,
                           object.name, object.id_prefix);
    }

    static ordered_json cells_of(const model::RejectedRow& row) {
        return ordered_json::parse(row.raw, nullptr, false);
    }

    /// A refused row's cells as they would have been sent, so that a replay converts nothing twice; those
    /// that can't be converted stay as they are, unless that would show what is to be hidden.
    [[nodiscard]] ordered_json as_sent(ordered_json cells, std::size_t bad) const {
        std::vector<model::Type> types = types_;
        std::vector<Treatment> trims = trims_, treatments = treatments_;
        for (std::size_t faults = 0; faults <= width() && cells.is_array(); ++faults) {
            types[bad] = {.kind = Kind::text};
            trims[bad] = treatments[bad] = Treatment::standard;
            if (hides(treatments_[bad])) cells[bad] = nullptr;
            model::Batch batch;
            batch.recycle(width());
            batch.add_row();
            for (std::size_t i = 0; i < width(); ++i)
                if (cells[i].is_string()) batch.replace(i, 0, cells[i].get_ref<const std::string&>());
            model::ConversionCounts counts;
            const auto refused = model::convert(batch, types, 0, counts);
            if (!refused.empty()) {
                bad = refused.front().column;
                continue;
            }
            treat(batch, trims, treatments);
            for (std::size_t i = 0; i < width(); ++i) {
                const model::Cell& cell = batch.cell(i, 0);
                cells[i] = cell.is_text() ? ordered_json(cell.text()) : ordered_json(nullptr);
            }
            return cells;
        }
        return nullptr;
    }

    /// Kept as a reject of the run at once: it will never be sent.
    void refuse(const model::RejectedRow& row, const ordered_json& cells) {
        ++frozen_.refused;
        const std::string message =
            fmt::format("{}: {}", definition_.columns.at(row.column).field, row.message);
        if (frozen_.refusals.size() < refusals_told) frozen_.refusals.push_back(message);
        ordered_json record = ordered_json::object();
        for (std::size_t i = 0; i < width() && cells.is_array() && i < cells.size(); ++i) {
            if (sources_[i] >= 0) record[definition_.columns[i].source] = cells[i];
        }
        rejects_.push_back({.object = definition_.object,
                            .remote_id = row.key,
                            .symbol = "INVALID_VALUE",
                            .message = message,
                            .record = record.dump(),
                            .fields = definition_.columns[row.column].field});
    }

    /// Nobody can say which of several rows of one record should win.
    Result<void> refuse_double_keys() {
        const auto key = request_.key_column();
        if (!key || definition_.makes_ids) return {};
        const FieldSchema& field = *request_.columns[*key].field;
        const bool has_case = field.type.kind == Kind::identifier || field.is_case_sensitive;
        const std::string column =
            fmt::format("{}({})", has_case ? "" : "lower", WriteJournal::column_of(*key));
        if (is_deletion(request_.operation)) return delete_once(column);
        std::vector<std::string> columns;
        for (std::size_t i = 0; i < width(); ++i) columns.push_back(WriteJournal::column_of(i));
        const std::string doubled =
            fmt::format("{0} in (select {0} from {1} group by {0} having count(*) > 1)", column, table_);
        std::vector<Reject> rejects;
        const auto rows = TRY(into_.query(fmt::format("select {} from {} where {} order by position",
                                                      fmt::join(columns, ", "), table_, doubled)));
        while (TRY(rows->next())) {
            const std::string value{rows->text(static_cast<int>(*key))};
            rejects.push_back({.object = definition_.object,
                               .remote_id = value,
                               .symbol = "DOUBLE_KEY",
                               .message = fmt::format("{}: several rows have the key '{}', and nothing says "
                                                      "which of them is right",
                                                      definition_.key, value),
                               .record = record_of(definition_, *rows, 0),
                               .fields = definition_.key});
        }
        if (rejects.empty()) return {};
        frozen_.refused += static_cast<std::int64_t>(rejects.size());
        for (const Reject& reject : rejects) {
            if (frozen_.refusals.size() < refusals_told) frozen_.refusals.push_back(reject.message);
        }
        TRY(Runs{into_}.add_rejects(run_, rejects));
        TRY(into_.execute(fmt::format("delete from {} where {}", table_, doubled)));
        return {};
    }

    /// Whoever names a record twice wants it deleted all the same.
    Result<void> delete_once(const std::string& column) {
        const std::int64_t doubled = TRY(into_.execute(
            fmt::format("delete from {0} where position not in (select min(position) from {0} group by {1})",
                        table_, column)));
        if (doubled == 0) return {};
        frozen_.rows -= doubled;
        frozen_.notices.push_back(fmt::format("{} rows named a record that another row names", doubled));
        return {};
    }

    void tell() {
        if (conversion_.nul_bytes_removed > 0) {
            frozen_.notices.push_back(
                fmt::format("{} NUL bytes, which no CRM takes, were removed", conversion_.nul_bytes_removed));
        }
        if (labels_resolved_ > 0)
            frozen_.notices.push_back(fmt::format("{} labels were sent as their codes", labels_resolved_));
    }

    const TransferSite& site_;
    db::Transaction& into_;
    const std::int64_t run_;
    const std::string table_ = WriteJournal::table_of(run_);
    const ExportDefinition& definition_;
    const WriteRequest& request_;
    std::vector<model::Type> types_;
    std::vector<Treatment> trims_, treatments_;
    std::vector<std::size_t> id_columns_;
    std::vector<CodesByLabel> codes_;
    std::vector<int> sources_;
    std::optional<int> row_name_;
    model::ConversionCounts conversion_;
    std::int64_t labels_resolved_ = 0;
    std::vector<Reject> rejects_;
    FrozenRows frozen_;
};

Result<void> choose_operation(PreparedExport& prepared, const ExportOptions& options) {
    ExportDefinition& definition = prepared.definition;
    const model::ObjectSchema& schema = prepared.schema;
    const auto is_mapped = [&](std::string_view field) {
        return std::ranges::any_of(definition.columns, [&](const MappedColumn& column) {
            return column.field == field && column.target_key.empty();
        });
    };
    const auto refused = [&](const std::string& why) {
        return error(ErrorKind::invalid, fmt::format("{}: {}", schema.name, why));
    };
    if (!options.key.empty()) {
        const FieldSchema* const key = schema.find(options.key);
        if (key == nullptr) return refused(fmt::format("the schema has no field {} (--key)", options.key));
        definition.key = key->name;
    } else if (is_mapped(schema.key)) {
        definition.key = schema.key;
    }
    definition.operation =
        options.operation.value_or(definition.key.empty()         ? WriteOperation::insert
                                   : definition.key == schema.key ? WriteOperation::update
                                                                  : WriteOperation::upsert);
    if (definition.operation == WriteOperation::insert && !definition.key.empty()) {
        return refused(
            fmt::format("an insert takes no key; to make what isn't there by {}, upsert", definition.key));
    }
    if (definition.operation != WriteOperation::insert && definition.key.empty()) {
        return refused(fmt::format("to {}, map a column to {}, or name a unique field with --key",
                                   name(definition.operation), schema.key));
    }
    if (!definition.key.empty() && !is_mapped(definition.key))
        return refused(fmt::format("no column is mapped to the key {}", definition.key));
    if (is_deletion(definition.operation) && definition.columns.size() > 1)
        return refused("a deletion takes the key alone");
    return {};
}

}  // namespace

Result<PreparedExport> prepare_export(const TransferSite& site, const ExportOptions& options,
                                      const Call& call) {
    const auto transaction = TRY(site.database.begin(db::Access::read, call));
    PreparedExport prepared;
    prepared.schema = TRY(recorded_schema(*transaction, site.account, options.object));
    ExportDefinition& definition = prepared.definition;
    definition.object = prepared.schema.name;
    if (options.mappings.empty()) {
        return error(ErrorKind::invalid,
                     fmt::format("{}: nothing is mapped; say which column goes where with --map "
                                 "column=Field",
                                 definition.object));
    }
    for (const std::string& text : options.mappings) {
        MappedColumn column = TRY(parse_mapping(text, prepared.schema));
        definition.columns.push_back(std::move(column));
    }
    TRY(choose_operation(prepared, options));
    definition.path = options.path;
    definition.duplicates = options.duplicates;
    definition.assignment_rule = options.assignment_rule;
    definition.server = site.server;
    definition.row_name = options.row_name;
    if (definition.operation == WriteOperation::insert && site.connector.abilities().takes_our_ids) {
        definition.makes_ids = true;
        definition.key = prepared.schema.key;
        definition.columns.push_back({.source = {}, .field = prepared.schema.key});
    }
    return prepared;
}

Result<std::unique_ptr<db::Cursor>> open_rows(const TransferSite& site, db::Transaction& reading,
                                              const PreparedExport& prepared, std::string_view query) {
    const WriteRequest request = TRY(request_of(prepared.definition, prepared.schema));
    std::string sql = without_semicolon(query);
    TRY(check_reads(sql));
    if (const auto parent = parent_column(request, site.connector.abilities())) {
        sql = fmt::format("select * from ({}) koppla_rows order by {}", sql,
                          site.database.dialect().quoted(prepared.definition.columns[*parent].source));
    }
    auto cursor = reading.query(sql);
    if (!cursor) return cursor.error().with_context("the query of the rows to be sent");
    return cursor;
}

Result<FrozenRows> freeze_rows(const TransferSite& site, db::Transaction& into, std::int64_t run,
                               const PreparedExport& prepared, db::Cursor& rows, const Call& call) {
    const WriteRequest request = TRY(request_of(prepared.definition, prepared.schema));
    return Freezing{site, into, run, prepared, request}.freeze(rows, call);
}

}  // namespace koppla
