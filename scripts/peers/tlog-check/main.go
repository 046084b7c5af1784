// Command tlog-check reads a static transparency log (c2sp.org/tlog-tiles) with the Go project's own libraries and
// checks all of it: the checkpoint's signature, every tile, every entry, and proofs of inclusion and consistency.
//
//	tlog-check DIR VKEY
package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: tlog-check DIR VKEY")
		os.Exit(2)
	}
	summary, err := check(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(summary)
}

func check(dir, vkey string) (string, error) {
	origin, tree, err := readCheckpoint(dir, vkey)
	if err != nil {
		return "", err
	}
	tiles := &folder{dir: dir}
	hashes := tlog.TileHashReader(tree, tiles)
	for _, tile := range tlog.NewTiles(tileHeight, 0, tree.N) {
		if _, err := tiles.read(tile); err != nil {
			return "", err
		}
	}
	entries, err := checkEntries(dir, tree, hashes)
	if err != nil {
		return "", err
	}
	proofs, err := checkConsistency(tree, hashes)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: %d entries, each included; %d earlier trees consistent", origin, entries, proofs), nil
}

// readCheckpoint opens the signed note and parses its three lines.
func readCheckpoint(dir, vkey string) (string, tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return "", tlog.Tree{}, err
	}
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return "", tlog.Tree{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return "", tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return "", tlog.Tree{}, errors.New("the checkpoint must have three lines, the first its key's name")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return "", tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return "", tlog.Tree{}, errors.New("the root must be base64 of 32 bytes")
	}
	return lines[0], tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

// checkEntries compares every entry's hash with its leaf, which TileHashReader has authenticated, and proves each included.
func checkEntries(dir string, tree tlog.Tree, hashes tlog.HashReader) (int64, error) {
	var index int64
	for index < tree.N {
		entries, err := readBundle(dir, index/256, min(256, tree.N-index))
		if err != nil {
			return 0, err
		}
		for _, entry := range entries {
			leaf := tlog.RecordHash(entry)
			stored, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
			if err != nil {
				return 0, err
			}
			if leaf != stored[0] {
				return 0, fmt.Errorf("entry %d is not its leaf", index)
			}
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			if err != nil {
				return 0, err
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
				return 0, fmt.Errorf("entry %d: %w", index, err)
			}
			index++
		}
	}
	return index, nil
}

// checkConsistency proves about fifty earlier trees to be prefixes of the whole.
func checkConsistency(tree tlog.Tree, hashes tlog.HashReader) (int, error) {
	proofs := 0
	for size := int64(1); size <= tree.N; size += max(1, tree.N/50) {
		old, err := tlog.TreeHash(size, hashes)
		if err != nil {
			return 0, err
		}
		proof, err := tlog.ProveTree(tree.N, size, hashes)
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, size, old); err != nil {
			return 0, fmt.Errorf("tree of %d: %w", size, err)
		}
		proofs++
	}
	return proofs, nil
}

func readBundle(dir string, number, count int64) ([][]byte, error) {
	place := tlog.Tile{H: tileHeight, L: 0, N: number, W: int(count)}
	path := strings.Replace(pathOf(place), "tile/0/", "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s ends within an entry", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if int64(len(entries)) != count {
		return nil, fmt.Errorf("%s has %d entries, expected %d", path, len(entries), count)
	}
	return entries, nil
}

// pathOf is the tile's path of C2SP: the library's own without the height.
func pathOf(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
}

// folder reads tiles from the disk, each once.
type folder struct {
	dir  string
	kept map[tlog.Tile][]byte
}

func (f *folder) Height() int { return tileHeight }

func (f *folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f *folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := f.read(tile)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f *folder) read(tile tlog.Tile) ([]byte, error) {
	if data, ok := f.kept[tile]; ok {
		return data, nil
	}
	data, err := os.ReadFile(filepath.Join(f.dir, pathOf(tile)))
	if err != nil {
		return nil, err
	}
	if len(data) != tile.W*tlog.HashSize {
		return nil, fmt.Errorf("%s has %d bytes", pathOf(tile), len(data))
	}
	if f.kept == nil {
		f.kept = map[tlog.Tile][]byte{}
	}
	f.kept[tile] = data
	return data, nil
}
