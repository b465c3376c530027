#pragma once

#include "crm/dynamics/write_layout.h"
#include "crm/writing.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::dynamics {

/// An operation of a batch, and the record that it is about as far as we know it.
struct SentRow {
    std::int64_t number = 0;
    std::array<char, 36> guid{};
    bool has_guid = false;

    [[nodiscard]] std::string_view id() const { return has_guid ? std::string_view{guid.data(), 36} : ""; }
    void set_id(std::string_view id);
};

/// The body of a `$batch` as it is written, row by row, into one buffer that is kept: single operations, no
/// change sets, so that each row has an outcome of its own. A line break can't stand in a JSON text nor in an
/// address, so a delimiter never occurs within a part. [Dataverse: Execute batch operations; RFC 2046, 5.1]
class BatchBody {
  public:
    /// Why a row can't be sent at all.
    struct Unfit {
        std::string message;
        std::string_view field;
    };

    /// `root` is the Web API's path, "/api/data/v9.2/".
    BatchBody(const WriteLayout& layout, std::string_view root);

    static constexpr std::string_view boundary = "batch_koppla";

    void clear();
    /// Adds a row's operation, or nothing where a cell can't stand in one.
    std::optional<Unfit> add(const WriteRows& rows, std::size_t row);
    /// Adds a question whether this record is there.
    void add_question(const SentRow& row);
    /// Puts the end behind it; good until the next change.
    [[nodiscard]] std::string finished() const;

    [[nodiscard]] std::span<SentRow> sent() { return sent_; }
    [[nodiscard]] std::size_t bytes() const { return text_.size(); }

  private:
    std::optional<Unfit> add_key(const model::Cell& cell, SentRow& sent);
    std::optional<Unfit> add_members(const WriteRows& rows, std::size_t row);
    std::string add_value(const WriteMember& member, std::string_view text);
    std::string add_reference(const WriteMember& member, std::string_view text);
    std::string add_address_key(const AddressKey& key, std::string_view text);

    const WriteLayout& layout_;
    std::string before_key_, after_key_;  ///< of an operation
    std::string question_;                ///< up to its key
    std::string text_;
    std::vector<SentRow> sent_;
};

}  // namespace koppla::dynamics
