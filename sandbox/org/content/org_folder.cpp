#include "sandbox/org/content/org_folder.h"

#include "sandbox/org/state.h"
#include "sandbox/org/value.h"
#include "sandbox/org/writer.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t file_bytes_max = 2'000'000'000;
constexpr std::size_t misfits_a_column_max = 3;

Result<std::string> contents(const fs::path& path) {
    std::error_code failure;
    const auto size = fs::file_size(path, failure);
    if (!failure && size > file_bytes_max) {
        return error(ErrorKind::invalid,
                     fmt::format("{} is larger than {} bytes", path.string(), file_bytes_max));
    }
    std::ifstream file{path, std::ios::binary};
    if (!file) return error(ErrorKind::unavailable, fmt::format("{} can't be read", path.string()));
    return std::string{std::istreambuf_iterator<char>{file}, {}};
}

/// The lines of a CSV file in the bulk dialect, cell by cell. Quoted cells may hold line ends.
class CsvReader {
  public:
    explicit CsvReader(std::string_view text) : text_{text} {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    }

    /// The next line's cells; nothing at the end. A quote that isn't closed is an error.
    Result<std::optional<std::vector<std::string>>> next() {
        using Line = std::optional<std::vector<std::string>>;
        if (at_ >= text_.size()) return Line{};
        ++line_;
        std::vector<std::string> cells;
        while (true) {
            cells.push_back(TRY(cell()));
            if (at_ < text_.size() && text_[at_] == ',') {
                ++at_;
                continue;
            }
            if (at_ < text_.size() && text_[at_] == '\r') ++at_;
            if (at_ < text_.size() && text_[at_] == '\n') ++at_;
            return Line{std::move(cells)};
        }
    }
    [[nodiscard]] std::int64_t line() const { return line_; }

  private:
    Result<std::string> cell() {
        if (at_ >= text_.size() || text_[at_] != '"') {
            const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
            std::string plain{text_.substr(at_, end - at_)};
            at_ = end;
            return plain;
        }
        std::string quoted;
        ++at_;
        while (true) {
            const std::size_t quote = text_.find('"', at_);
            if (quote == std::string_view::npos) {
                return error(ErrorKind::corrupt, fmt::format("record {}: a quote is not closed", line_));
            }
            quoted += text_.substr(at_, quote - at_);
            at_ = quote + 1;
            if (at_ >= text_.size() || text_[at_] != '"') break;
            quoted += '"';
            ++at_;
        }
        if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\r' && text_[at_] != '\n') {
            return error(ErrorKind::corrupt, fmt::format("record {}: text behind a closing quote", line_));
        }
        return quoted;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::int64_t line_ = 0;
};

/// Sentences about what didn't fit; after a few of one column they are counted only.
class Misfits {
  public:
    explicit Misfits(std::string file) : file_{std::move(file)} {}

    void add(const std::string& column, std::string_view what) {
        const std::size_t count = ++counts_[column];
        if (count <= misfits_a_column_max) sentences_.push_back(fmt::format("{}: {}", file_, what));
    }
    std::vector<std::string> take() {
        for (const auto& [column, count] : counts_) {
            if (count <= misfits_a_column_max) continue;
            sentences_.push_back(fmt::format("{}: {} more like it{}{}", file_, count - misfits_a_column_max,
                                             column.empty() ? "" : " in ", column));
        }
        return std::move(sentences_);
    }

  private:
    std::string file_;
    std::map<std::string, std::size_t> counts_;
    std::vector<std::string> sentences_;
};

std::vector<fs::path> files_in(const fs::path& folder, std::string_view extension) {
    std::vector<fs::path> files;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator{folder, failure}) {
        if (entry.path().extension() == extension) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

/// `sobjects` of describeGlobal; objects in it that have no describe are named.
void read_global(OrgFolder& org, const fs::path& path) {
    const auto text = contents(path);
    const auto global =
        text ? nlohmann::ordered_json::parse(*text, nullptr, false) : nlohmann::ordered_json{};
    const auto found = global.is_object() ? global.find("sobjects") : global.end();
    if (!global.is_object() || found == global.end() || !found->is_array()) {
        org.misfits.emplace_back(
            "describe/_global.json: no array 'sobjects'; it is made of the describes instead");
        return;
    }
    std::set<std::string> described;
    for (const Object& object : org.objects) described.insert(object.name());
    std::vector<std::string> missing;
    for (const auto& entry : *found) {
        const std::string name = entry.is_object() ? entry.value("name", std::string{}) : std::string{};
        if (described.erase(name) == 0) missing.push_back(name);
    }
    if (!missing.empty()) {
        org.misfits.push_back(
            fmt::format("describe/_global.json: {} objects have no describe and can be listed only: {}",
                        missing.size(), fmt::join(missing, ", ")));
    }
    nlohmann::ordered_json entries = *found;
    for (const Object& object : org.objects) {
        if (!described.contains(object.name())) continue;
        org.misfits.push_back(
            fmt::format("describe/_global.json: {} is not in it and was added", object.name()));
        entries.push_back(nlohmann::ordered_json::parse(object.global_json()));
    }
    org.global_json = entries.dump();
}

}  // namespace

Result<OrgFolder> read_org_folder(const fs::path& folder, std::int64_t last_modified_ms) {
    OrgFolder org;
    const fs::path describes = folder / "describe";
    if (!fs::is_directory(describes)) {
        return error(
            ErrorKind::not_found,
            fmt::format("{} is no org folder: it has no folder 'describe' with a JSON file an object",
                        folder.string()));
    }
    for (const fs::path& path : files_in(describes, ".json")) {
        if (path.stem() == "_global") continue;
        auto object = Object::from_describe(TRY(contents(path)), last_modified_ms);
        if (!object) {
            org.misfits.push_back(
                fmt::format("describe/{}: {}", path.filename().string(), object.error().message));
        } else if (object->name() != path.stem()) {
            org.misfits.push_back(
                fmt::format("describe/{}: it describes {}", path.filename().string(), object->name()));
        } else {
            org.objects.push_back(std::move(*object));
        }
    }
    for (const fs::path& path : files_in(folder / "records", ".csv")) {
        const bool is_described =
            std::any_of(org.objects.begin(), org.objects.end(),
                        [&](const Object& object) { return object.name() == path.stem(); });
        if (!is_described) {
            org.misfits.push_back(
                fmt::format("records/{}: there is no describe of {}; its records are left out",
                            path.filename().string(), path.stem().string()));
        }
    }
    if (fs::exists(describes / "_global.json")) read_global(org, describes / "_global.json");
    return org;
}

Result<LoadedRecords> load_records(db::Transaction& transaction, const Object& object, const fs::path& folder,
                                   const LoadOptions& options) {
    LoadedRecords loaded;
    const fs::path path = folder / "records" / (object.name() + ".csv");
    if (!fs::exists(path)) return loaded;
    Misfits misfits{fmt::format("records/{}", path.filename().string())};
    const std::string text = TRY(contents(path));
    CsvReader reader{text};
    State state{transaction};
    const auto header = TRY(reader.next());
    std::vector<const Field*> columns;
    for (const std::string& name : header.value_or(std::vector<std::string>{})) {
        const Field* field = object.find(name);
        if (field == nullptr)
            misfits.add(name, fmt::format("column {}: {} has no such field", name, object.name()));
        if (field != nullptr && field->is_compound()) {
            misfits.add(name,
                        fmt::format("column {} is a compound field, whose parts hold the values", name));
            field = nullptr;
        }
        columns.push_back(field);
    }
    std::set<std::string> ids;
    while (true) {
        auto line = reader.next();
        if (!line) {
            misfits.add({}, fmt::format("{}; the rest of the file is left out", line.error().message));
            break;
        }
        if (!*line) break;
        const std::vector<std::string>& cells = **line;
        if (cells.size() != columns.size()) {
            misfits.add({}, fmt::format("record {} has {} cells instead of {} and is left out", reader.line(),
                                        cells.size(), columns.size()));
            continue;
        }
        Values values;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (columns[i] == nullptr) continue;
            auto value = value_from_csv(*columns[i], cells[i]);
            const bool is_unset = value && columns[i]->storage == Storage::boolean && *value == Value{};
            if (is_unset) continue;
            if (value) {
                values[columns[i]->name] = std::move(*value);
            } else {
                misfits.add(columns[i]->name,
                            fmt::format("record {}, column {}: {}; the cell is left empty", reader.line(),
                                        columns[i]->name, value.error().message));
            }
        }
        const auto id = values.find("Id");
        const auto* id_text = id == values.end() ? nullptr : std::get_if<std::string>(&id->second);
        if (id_text == nullptr || !ids.insert(*id_text).second) {
            misfits.add("Id", fmt::format("record {} has no Id of its own and is left out", reader.line()));
            continue;
        }
        set_defaults(object, options.stamp, options.user_id, values);
        TRY(state.insert(object, values));
        if (++loaded.rows % 10'000 == 0 && options.progress) options.progress(loaded.rows);
    }
    loaded.misfits = misfits.take();
    return loaded;
}

}  // namespace koppla::sandbox
