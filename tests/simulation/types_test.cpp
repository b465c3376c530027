#include "base/test/temporary_folder.h"
#include "crm/salesforce/codec/csv.h"
#include "crm/salesforce/codec/id.h"
#include "crm/salesforce/codec/records.h"
#include "crm/salesforce/metadata.h"
#include "crm/salesforce/test/plain_csv.h"
#include "db/sqlite/sqlite_database.h"
#include "model/conversion.h"

#include <chrono>
#include <cstring>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

namespace koppla::simulation {
namespace {

using model::Kind;
using salesforce::RemoteType;

/// Every type of the vendor's list that becomes a column. [Salesforce: SOAP API, Field Types]
const std::vector<RemoteType> remote_types = {{.name = "id", .length = 18},
                                              {.name = "reference", .length = 18},
                                              {.name = "string", .length = 80},
                                              {.name = "phone", .length = 40},
                                              {.name = "url", .length = 255},
                                              {.name = "email", .length = 80},
                                              {.name = "textarea", .length = 32'000},
                                              {.name = "combobox", .length = 255},
                                              {.name = "encryptedstring", .length = 175},
                                              {.name = "datacategorygroupreference", .length = 80},
                                              {.name = "anyType"},
                                              {.name = "something new", .length = 10},
                                              {.name = "picklist", .length = 255},
                                              {.name = "multipicklist", .length = 4'099},
                                              {.name = "boolean"},
                                              {.name = "int", .digits = 9},
                                              {.name = "long", .digits = 18},
                                              {.name = "double", .precision = 15, .scale = 3},
                                              {.name = "currency", .precision = 18, .scale = 2},
                                              {.name = "percent", .precision = 5, .scale = 2},
                                              {.name = "date"},
                                              {.name = "datetime"},
                                              {.name = "time"}};

/// A value in all its forms; nothing but empty texts is null.
struct Value {
    std::string json = "null";
    std::string csv;
    std::string stored;
};

std::string name_of(std::size_t column) {
    return fmt::format("f{}", column);
}

std::string json_text(const std::string& text) {
    return nlohmann::json(text).dump();
}

Value text_value() {
    std::string text;
    for (const std::string& piece : *rc::gen::container<std::vector<std::string>>(
             rc::gen::element<std::string>("a", "B", " ", "\"", ",", ";", "\n", "\r\n", "\t", "\\", "\\u0041",
                                           "'", "😀", "\xD8\xB9", "\xE2\x80\xA8", "ß", "</", "NULL")))
        text += piece;
    if (text.empty()) return {};
    return {.json = json_text(text), .csv = text, .stored = text};
}

Value id_value() {
    static constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    std::string id;
    for (int i = 0; i < 15; ++i) id += letters[*rc::gen::inRange<std::size_t>(0, letters.size())];
    const auto full = *salesforce::long_id(id);
    const std::string stored{full.begin(), full.end()};
    const std::string sent = *rc::gen::arbitrary<bool>() ? stored : id;
    return {.json = json_text(sent), .csv = sent, .stored = stored};
}

/// Digits with the point `scale` from their end; written with zeros behind it or with an exponent too.
Value decimal_value(int precision, int scale) {
    std::int64_t bound = 1;
    for (int i = 0; i < precision; ++i) bound *= 10;
    const auto number = *rc::gen::inRange<std::int64_t>(1 - bound, bound);
    const std::uint64_t size = static_cast<std::uint64_t>(number < 0 ? -number : number);
    std::string digits = fmt::format("{:0{}}", size, scale + 1);
    const std::string sign = number < 0 ? "-" : "";
    std::string plain = sign + digits;
    if (scale > 0) {
        plain.insert(plain.size() - static_cast<std::size_t>(scale), 1, '.');
        while (plain.ends_with('0')) plain.pop_back();
        if (plain.ends_with('.')) plain.pop_back();
    }
    if (plain == "-0") plain = "0";
    const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    const auto rest = digits.substr(first + 1);
    const std::string exponent = fmt::format("{}{}.{}E{}", sign, digits[first], rest.empty() ? "0" : rest,
                                             static_cast<int>(rest.size()) - scale);
    const std::string sent = *rc::gen::element(plain, exponent);
    return {.json = sent, .csv = sent, .stored = plain};
}

Value code_value(Kind kind) {
    const auto count = *rc::gen::inRange(0, kind == Kind::enumeration ? 2 : 4);
    std::string text;
    for (int i = 0; i < count; ++i)
        text += (i > 0 ? ";" : "") +
                *rc::gen::element<std::string>("A", "Art & Design", "\"quoted\"", "ä,b", "<none>");
    if (text.empty()) return {};
    return {.json = json_text(text), .csv = text, .stored = text};
}

Value moment_value(Kind kind) {
    const auto seconds = *rc::gen::inRange<std::int64_t>(-5'000'000'000, 50'000'000'000);
    const auto milliseconds = *rc::gen::element<std::int64_t>(0, 1, 999);
    const std::string instant =
        format_instant(Instant{std::chrono::milliseconds{seconds * 1'000 + milliseconds}});
    const std::string stored = kind == Kind::date         ? instant.substr(0, 10)
                               : kind == Kind::time       ? instant.substr(11)
                               : kind == Kind::wall_clock ? instant.substr(0, instant.size() - 1)
                                                          : instant;
    const std::string sent = kind == Kind::instant ? instant.substr(0, instant.size() - 1) + "+0000" : stored;
    return {.json = json_text(sent), .csv = stored, .stored = stored};
}

Value value_of(const model::Type& type) {
    if (*rc::gen::inRange(0, 8) == 0) return {};
    switch (type.kind) {
        case Kind::boolean: {
            const std::string text = *rc::gen::arbitrary<bool>() ? "true" : "false";
            return {.json = text, .csv = text, .stored = text};
        }
        case Kind::integer:
            return decimal_value(type.precision, 0);
        case Kind::decimal:
            return decimal_value(std::min(type.precision, 18), type.scale);
        case Kind::date:
        case Kind::instant:
        case Kind::wall_clock:
        case Kind::time:
            return moment_value(type.kind);
        case Kind::identifier:
        case Kind::reference:
            return id_value();
        case Kind::enumeration:
        case Kind::enumerations:
            return code_value(type.kind);
        case Kind::text:
            break;
    }
    return text_value();
}

using Row = std::vector<Value>;

struct Columns {
    Columns() {
        for (const RemoteType& remote : remote_types) {
            types.push_back(salesforce::mapping_of(remote).type);
            names.push_back(name_of(names.size()));
            if (types.back().kind == Kind::identifier || types.back().kind == Kind::reference)
                ids.push_back(names.size() - 1);
        }
    }
    std::vector<model::Type> types;
    std::vector<std::string> names;
    std::vector<std::size_t> ids;
};

Result<model::Batch> read_json(const Columns& columns, const std::vector<Row>& rows) {
    std::string text = fmt::format(R"({{"totalSize":{},"done":true,"records":[)", rows.size());
    for (const Row& row : rows) {
        text += text.ends_with('[') ? "{" : ",{";
        for (std::size_t i = 0; i < row.size(); ++i)
            text += fmt::format(R"({}"{}":{})", i == 0 ? "" : ",", columns.names[i], row[i].json);
        text += "}";
    }
    text += "]}";
    model::Batch batch;
    batch.recycle(0);
    batch.page.reserve(text.size() + 64);
    std::memcpy(batch.page.bytes.get(), text.data(), text.size());
    batch.page.size = text.size();
    salesforce::RecordReader reader{columns.names};
    TRY(reader.read(batch));
    return batch;
}

/// The whole page becomes one batch.
class NoOutlet final : public salesforce::BatchOutlet {
  public:
    model::Batch fresh() override { return {}; }
    Result<void> put(model::Batch) override { return error(ErrorKind::invalid, "the page is too small"); }
};

Result<model::Batch> read_csv(const Columns& columns, const std::vector<Row>& rows) {
    const auto line = [](const auto& cells, const auto& text) {
        std::string joined;
        for (const auto& cell : cells)
            joined += (joined.empty() ? "" : ",") + salesforce::test::in_quotes(text(cell));
        return joined + "\n";
    };
    std::string page = line(columns.names, [](const std::string& name) { return name; });
    for (const Row& row : rows) page += line(row, [](const Value& value) { return value.csv; });
    NoOutlet outlet;
    salesforce::CsvSplitter splitter{
        {.fields = columns.names, .batch_bytes = std::size_t{8} << 20, .row_bytes_max = std::size_t{8} << 20},
        outlet};
    TRY(splitter.put(page));
    return splitter.finish();
}

db::Database& database() {
    static const TemporaryFolder folder;
    static const auto opened =
        db::open_sqlite({.path = folder / "types.db", .create = db::SqliteOptions::Create::fresh});
    return **opened;
}

/// Stores a batch in a table, reads it back and leaves nothing behind; null as empty text.
Result<std::vector<std::vector<std::string>>> stored(db::Database& store, const Columns& columns,
                                                     model::Batch batch) {
    salesforce::lengthen_ids(batch, columns.ids);
    model::ConversionCounts counts;
    const auto rejected = model::convert(batch, columns.types, 0, counts);
    if (!rejected.empty()) return error(ErrorKind::corrupt, rejected.front().message);
    const auto transaction = TRY(store.begin(db::Access::write, {}));
    std::vector<db::LoaderColumn> loaded;
    std::string definition;
    for (std::size_t i = 0; i < columns.types.size(); ++i) {
        loaded.push_back({.name = columns.names[i], .type = columns.types[i]});
        definition += fmt::format("{}{} {}", i == 0 ? "" : ", ", columns.names[i],
                                  store.dialect().column_type(columns.types[i]));
    }
    TRY(transaction->execute(fmt::format("create table t ({})", definition)));
    const auto loader = TRY(transaction->loader("t", loaded));
    TRY(loader->append(batch));
    TRY(loader->finish());
    const auto cursor = TRY(transaction->query("select * from t order by rowid"));
    std::vector<std::vector<std::string>> rows;
    while (TRY(cursor->next())) {
        rows.emplace_back();
        for (std::size_t i = 0; i < columns.types.size(); ++i) {
            const int column = static_cast<int>(i);
            const model::Type& type = columns.types[i];
            if (cursor->is_null(column))
                rows.back().emplace_back();
            else if (type.kind == Kind::boolean)
                rows.back().emplace_back(cursor->integer(column) != 0 ? "true" : "false");
            else if (type.kind == Kind::decimal && !type.is_exact_text())
                rows.back().push_back(fmt::format("{}", cursor->real(column)));
            else
                rows.back().emplace_back(cursor->text(column));
        }
    }
    return rows;
}

TEST(Types, OfTheVendorHaveEveryKind) {
    std::set<Kind> kinds;
    for (const model::Type& type : Columns{}.types) kinds.insert(type.kind);
    EXPECT_FALSE(kinds.contains(Kind::wall_clock)) << "Salesforce has no such type";
    EXPECT_EQ(kinds.size(), static_cast<std::size_t>(Kind::enumerations));
}

RC_GTEST_PROP(Types, ComeBackFromTheStoreAsTheyWereSent, ()) {
    const Columns columns;
    std::vector<Row> rows(*rc::gen::inRange<std::size_t>(1, 6));
    for (Row& row : rows)
        for (const model::Type& type : columns.types) row.push_back(value_of(type));
    for (const auto& read : {read_json, read_csv}) {
        auto batch = read(columns, rows);
        if (!batch) RC_FAIL(batch.error().message);
        const auto kept = stored(database(), columns, std::move(*batch));
        if (!kept) RC_FAIL(kept.error().message);
        RC_ASSERT(kept->size() == rows.size());
        for (std::size_t row = 0; row < rows.size(); ++row) {
            for (std::size_t i = 0; i < columns.types.size(); ++i) {
                RC_LOG() << remote_types[i].name << ": sent " << rows[row][i].json << "\n";
                RC_ASSERT((*kept)[row][i] == rows[row][i].stored);
            }
        }
    }
}

}  // namespace
}  // namespace koppla::simulation
