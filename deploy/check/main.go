// Renders the chart without helm, for whoever wants to read or apply what it makes: go run . VALUES
package main

import (
	"fmt"
	"os"
)

const chartFolder = "../helm/sfint"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . VALUES, for example: go run . ../examples/in-cluster.yaml")
		os.Exit(2)
	}
	documents, err := render(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, document := range documents {
		fmt.Printf("---\n%s\n", document)
	}
}
